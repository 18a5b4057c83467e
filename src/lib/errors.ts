/**
 * Every failure that an operator can meet: its code, its exit status, its sentence and what to type next.
 *
 * A failure is raised with `new EeError(code, facts)`; the sentence is written here and nowhere else, so that all of them
 * speak with one voice. Anything else that is thrown is a bug, and is shown as one.
 */

/** Exit statuses that scripts rely on. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  found: 3,
  unreachable: 4,
  locked: 5,
  interrupted: 130,
} as const;

export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** One row of the table: what happened and what it means (`message`), and what to do or type next (`hint`). */
/** What running an interrupted command again does: it goes on; it begins, since nothing was written; or it does all once more. */
export type Again = 'continues' | 'unwritten' | 'repeats';

interface Failure<Facts> {
  exit: Exit;
  message: (facts: Facts) => string;
  hint: (facts: Facts) => string;
}

/** `3-5,9` for the lines 3, 4, 5 and 9; `isps.conf:3-5` for those of another file. */
function ranges(lines: readonly string[]): string {
  const runs: { file: string; first: number; last: number }[] = [];
  for (const line of lines) {
    const file = line.slice(0, line.lastIndexOf(':') + 1);
    const number = Number(line.slice(file.length));
    const run = runs.at(-1);
    if (run?.file === file && number === run.last + 1) run.last = number;
    else runs.push({ file, first: number, last: number });
  }
  return runs.map(({ file, first, last }) => `${file}${first === last ? first : `${first}-${last}`}`).join(',');
}

const some = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');

const row = <Facts>(failure: Failure<Facts>): Failure<Facts> => failure;

/** Lines that a host wrote, each behind a mark. A carriage return before a line feed belongs to the line end. */
const quoted = (output: string): string => linesBehind('  | ', output);
const indented = (text: string): string => linesBehind('  ', text);
const linesBehind = (mark: string, text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => `${mark}${line}`)
    .join('\n');

const failures = {
  // settings
  SETTINGS_NOT_FOUND: row<{ looked: string }>({
    exit: EXIT.usage,
    message: ({ looked }) => `No settings file: ${looked} does not exist.`,
    hint: () => 'Run `ee init` to write one, or name it with --env-file PATH.',
  }),
  SETTINGS_NOT_A_FILE: row<{ file: string }>({
    exit: EXIT.usage,
    message: ({ file }) => `${file} is a folder, not a settings file.`,
    hint: ({ file }) => `Name the file in it: --env-file ${file.replace(/\/$/, '')}/.env.production`,
  }),
  SETTINGS_READABLE_BY_OTHERS: row<{ file: string; mode: string }>({
    exit: EXIT.usage,
    message: ({ file, mode }) => `${file} holds passwords and is open to other users (mode ${mode}).`,
    hint: ({ file }) => `chmod 600 ${file}`,
  }),
  SETTINGS_INVALID: row<{ file: string; problems: readonly string[] }>({
    exit: EXIT.usage,
    message: ({ file, problems }) =>
      `${file} has ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}:\n${problems
        .map((problem) => `  ${problem}`)
        .join('\n')}`,
    hint: ({ file }) => `Correct ${file}, then run the same command again.`,
  }),
  SETTINGS_DISAGREE: row<{ problems: readonly string[] }>({
    exit: EXIT.usage,
    message: ({ problems }) =>
      `The values do not go together, so nothing was written:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    hint: () => 'Change what is named there, then run `ee init` again.',
  }),
  SETTING_ALREADY_SET: row<{ name: string; file: string }>({
    exit: EXIT.usage,
    message: ({ name, file }) => `${file} sets ${name} already, to another value. It was left as it is.`,
    hint: ({ name, file }) => `Change the line in ${file} yourself, or leave --set ${name} out.`,
  }),
  SETTINGS_NOT_WRITTEN: row<{ file: string; reason: string; folder?: string }>({
    exit: EXIT.failed,
    message: ({ file, reason, folder }) =>
      `${file} could not be written: ${reason}.${folder === undefined ? ' It is as it was.' : ''}`,
    hint: ({ folder }) =>
      folder === undefined
        ? 'Look at the free space and at who owns the folder, then run `ee init` again.'
        : `Make the folder first (\`mkdir -p ${folder}\`), or name another file with --env-file.`,
  }),

  // usage
  USAGE: row<{ message: string; hint: string }>({
    exit: EXIT.usage,
    message: ({ message }) => message,
    hint: ({ hint }) => hint,
  }),

  OUTPUT_NOT_WRITTEN: row<{ reason: string }>({
    exit: EXIT.failed,
    message: ({ reason }) => `Standard output could not be written: ${reason}.`,
    hint: () => 'Make room there, or send the output elsewhere; then run the same command again.',
  }),
  OUTPUT_FILE_NOT_WRITTEN: row<{ path: string; reason: string }>({
    exit: EXIT.failed,
    message: ({ path, reason }) => `${path} could not be written: ${reason}. What was there is unchanged.`,
    hint: () => 'Make room there, or name another file with --out; then run the same command again.',
  }),
  DECLINED: row<{ question: string }>({
    exit: EXIT.failed,
    message: () => 'Nothing was changed.',
    hint: () => 'Run the same command again when you are ready; --yes agrees beforehand.',
  }),

  // ssh
  SSH_UNREACHABLE: row<{ host: string; address: string; port: number; reason: string }>({
    exit: EXIT.unreachable,
    message: ({ host, address, port, reason }) => `${host} (${address}, port ${port}) cannot be reached: ${reason}.`,
    hint: ({ address, port }) =>
      `Try \`ssh -p ${port} ${address}\`; check the address, the firewall and that the host is up.`,
  }),
  SSH_AUTHENTICATION: row<{ host: string; address: string; user: string; tried: string }>({
    exit: EXIT.unreachable,
    message: ({ host, address, user, tried }) => `${host} (${address}) refused the login of ${user}; tried ${tried}.`,
    hint: ({ user, address }) =>
      `Set SSH_KEY or load the key in your agent, and prove it with \`ssh ${user}@${address}\`.`,
  }),
  SSH_KEY: row<{ file: string; reason: string; missing?: boolean }>({
    exit: EXIT.usage,
    message: ({ file, reason }) => `The SSH key ${file} cannot be used: ${reason}.`,
    hint: ({ file, missing }) =>
      missing
        ? 'Set SSH_KEY to the private key file, or put it there.'
        : `Load it in your agent (\`ssh-add ${file}\`), or set SSH_KEY to a key that opens without a passphrase.`,
  }),
  SSH_TOOL_MISSING: row<{ program: string }>({
    exit: EXIT.usage,
    message: ({ program }) => `\`${program}\` is not installed on this machine; it reads ssh_config and known_hosts.`,
    hint: () => 'Install OpenSSH: `apt-get install openssh-client`, or `dnf install openssh-clients`.',
  }),
  SSH_TOOL_SILENT: row<{ command: string; seconds: number }>({
    exit: EXIT.usage,
    message: ({ command, seconds }) =>
      `\`${command}\` on this machine gave no answer within ${seconds} s. No host was asked for anything.`,
    hint: ({ command }) =>
      `Run it yourself: \`${command}\`. A \`Match exec\` or a name in ~/.ssh/config, or DNS, keeps it waiting.`,
  }),
  SSH_HOST_KEY_CHANGED: row<{ host: string; address: string; fingerprint: string; knownHosts: string }>({
    exit: EXIT.unreachable,
    message: ({ host, address, fingerprint, knownHosts }) =>
      `${host} (${address}) shows host key ${fingerprint}, which is not the one in ${knownHosts}. ` +
      'Either the host was reinstalled or somebody answers in its place. Nothing was sent to it.',
    hint: ({ address, knownHosts }) =>
      `Compare with the key in the provider's console. Only if it is right: \`ssh-keygen -R '${address}' -f ${knownHosts}\`, then run again with --accept-new-host-key.`,
  }),
  SSH_HOST_KEY_REVOKED: row<{ host: string; address: string; fingerprint: string; knownHosts: string }>({
    exit: EXIT.unreachable,
    message: ({ host, address, fingerprint, knownHosts }) =>
      `${host} (${address}) shows host key ${fingerprint}, which ${knownHosts} marks as revoked. Nothing was sent to it.`,
    hint: () => 'Do not connect. Have the host reinstalled with new keys.',
  }),
  SSH_HOST_KEY_UNKNOWN: row<{ host: string; address: string; fingerprint: string; knownHosts: string }>({
    exit: EXIT.unreachable,
    message: ({ host, address, fingerprint, knownHosts }) =>
      `${host} (${address}) shows host key ${fingerprint}, and ${knownHosts} has no key for it.`,
    hint: () =>
      "Compare it with the key in the provider's console; if it is right, run again with --accept-new-host-key.",
  }),
  SSH_KNOWN_HOSTS_UNREADABLE: row<{ file: string; name: string; reason: string }>({
    exit: EXIT.usage,
    message: ({ file, name, reason }) =>
      `Whether the host key of ${name} is known cannot be told: ssh-keygen cannot read ${file} (${reason}). Nothing was sent to it.`,
    hint: ({ file }) =>
      `Make the file readable for you (\`ls -l ${file}\`), or set SSH_KNOWN_HOSTS to one that is; then run again.`,
  }),
  SSH_KNOWN_HOSTS: row<{ file: string; name: string; reason: string }>({
    exit: EXIT.usage,
    message: ({ file, name, reason }) => `The host key of ${name} cannot be recorded in ${file}: ${reason}.`,
    hint: () => 'Set SSH_KNOWN_HOSTS to a file that you can write, in a folder that exists; then run again.',
  }),
  SSH_LOST: row<{ host: string; during: string }>({
    exit: EXIT.unreachable,
    message: ({ host, during }) => `The connection to ${host} was lost during ${during}.`,
    hint: () => 'Run the same command again: it continues where this one stopped.',
  }),
  SSH_SILENT: row<{ host: string; during: string; seconds: number }>({
    exit: EXIT.unreachable,
    message: ({ host, during, seconds }) =>
      `${host} accepted the login, and then gave no answer within ${seconds} s, during ${during}.`,
    hint: () =>
      "Look at the load, the memory and the disks of the host in the provider's console; then run the same command again.",
  }),
  SSH_FORWARDING: row<{ host: string; where: string }>({
    exit: EXIT.failed,
    message: ({ host, where }) => `sshd on ${host} does not lead connections through (${where}).`,
    hint: ({ host }) =>
      `Allow it there: \`sshd -T | grep -i forwarding\` on ${host} must say \`allowtcpforwarding yes\`, and \`disableforwarding no\`.`,
  }),
  DIAL_FAILED: row<{ host: string; where: string; reason: string }>({
    exit: EXIT.failed,
    message: ({ host, where, reason }) => `${host} gets no connection to ${where}: ${reason}.`,
    hint: ({ host, where }) => `See whether something listens there: \`ss -ltnp\` on ${host} must show ${where}.`,
  }),
  PORT_TAKEN: row<{ host: string; where: string; owner: string }>({
    exit: EXIT.failed,
    message: ({ host, where, owner }) => `${host} cannot listen on ${where}: ${owner} is there already.`,
    hint: () => 'If another run of ee is at it, wait until it has ended. Else end that program, then run again.',
  }),
  SSH_SUDO: row<{ host: string; user: string; reason: string }>({
    exit: EXIT.unreachable,
    message: ({ host, user, reason }) => `${user} on ${host} cannot become root with sudo: ${reason}.`,
    hint: ({ user }) =>
      `Allow it without a password (\`${user} ALL=(ALL) NOPASSWD: ALL\` in /etc/sudoers.d), or log in as root.`,
  }),
  REMOTE_FAILED: row<{ host: string; step: string; status: string; output: string }>({
    exit: EXIT.failed,
    message: ({ host, step, status, output }) =>
      `${host}: ${step} failed (${status}).${output ? `\nIts last lines:\n${quoted(output)}` : ''}`,
    hint: () => 'Mend what the lines say and run the same command again: what is done already is kept.',
  }),
  CERTIFICATE_REFUSED: row<{ domain: string; authority: string; output: string }>({
    exit: EXIT.failed,
    message: ({ domain, authority, output }) =>
      `${authority} gave no certificate for ${domain}. It was asked once; everything else is done. certbot says:\n${quoted(output)}`,
    hint: () =>
      'Mend what it names, then run the same command again. Authorities limit refusals: an hour of patience may be needed after several.',
  }),
  RENEWAL_FAILS: row<{ domain: string; output: string }>({
    exit: EXIT.failed,
    message: ({ domain, output }) =>
      `The certificate for ${domain} is shown, but its renewal, tried out, fails: it would end. certbot says:\n${quoted(output)}`,
    hint: () => 'Mend what it names, then run the same command again: it tries the renewal out anew.',
  }),
  REMOTE_TIMEOUT: row<{ host: string; step: string; seconds: number }>({
    exit: EXIT.failed,
    message: ({ host, step, seconds }) => `${host}: ${step} gave no result within ${seconds} s and was stopped.`,
    hint: () => 'Look at the host; then run the same command again: what is done already is kept.',
  }),
  HOSTS_UNREACHABLE: row<{ failures: readonly { message: string; hint: string }[] }>({
    exit: EXIT.unreachable,
    message: ({ failures }) => failures.map(({ message }) => message).join('\n'),
    hint: ({ failures }) => [...new Set(failures.map(({ hint }) => hint))].join('\n'),
  }),

  BACKUP_CHANGED: row<{ path: string }>({
    exit: EXIT.found,
    message: ({ path }) =>
      `${path} is not what it was when it was verified a moment ago. Nothing was changed on any host.`,
    hint: () => 'Find out who writes into the backup set; then run again.',
  }),

  // roles
  ADMIN_NOT_ALLOWED: row<{ host: string; address: string; allowed: string }>({
    exit: EXIT.usage,
    message: ({ host, address, allowed }) =>
      `ADMIN_IPS (${allowed}) does not contain ${address}, the address from which ${host} sees this machine: the firewall would lock you out.`,
    hint: ({ address }) => `Add ${address} to ADMIN_IPS, or empty ADMIN_IPS.`,
  }),
  SYSTEM_UNSUITABLE: row<{ host: string; found: string; needed: string }>({
    exit: EXIT.failed,
    message: ({ host, found, needed }) => `${host} runs ${found}; ${needed}. Nothing was changed on it.`,
    hint: () => 'Have the host reinstalled with that system, then run again.',
  }),
  DISK_FULL: row<{ host: string; free: number; needed: number }>({
    exit: EXIT.failed,
    message: ({ host, free, needed }) =>
      `${host} has ${free} MB free on /var; a deployment needs ${needed} MB. Nothing was changed on it.`,
    hint: () => 'Free some space (`apt-get clean`, old logs), or give the host a larger disk; then run again.',
  }),
  ADDRESS_TAKEN: row<{ ip: string; owner: string }>({
    exit: EXIT.usage,
    message: ({ ip, owner }) =>
      `The sending IP ${ip} is ${owner}: on VPS2's interface it would cut the host off. Nothing was changed on it.`,
    hint: () =>
      'Leave it out of SENDING_IPS. The first address of a network that a provider hands out is usually its gateway.',
  }),
  PACKAGE_UNFIT: row<{ path: string; setting: string; reason: string }>({
    exit: EXIT.usage,
    message: ({ path, setting, reason }) => `${path} (${setting}) is not taken: ${reason}. No host was touched.`,
    hint: ({ setting }) =>
      `Bring the vendor's one package of PowerMTA for 64-bit Debian (.deb) or Red Hat (.rpm), and set ${setting} to its path.`,
  }),
  FILE_UNFIT: row<{ path: string; setting: string; reason: string }>({
    exit: EXIT.usage,
    message: ({ path, setting, reason }) => `${path} (${setting}) cannot be read: ${reason}.`,
    hint: ({ setting }) => `Name a regular file with ${setting}, and run the same command again.`,
  }),
  FILE_MISSING: row<{ what: string; path: string; setting: string }>({
    exit: EXIT.usage,
    message: ({ what, path, setting }) => `${what} is not at ${path} (${setting}).`,
    hint: ({ setting }) => `Put it there, or set ${setting} to where it is.`,
  }),

  // converge
  NOT_A_FILE: row<{ path: string; type: string }>({
    exit: EXIT.failed,
    message: ({ path, type }) => `${path} on the host is a ${type || 'thing of another kind'}; it is not touched.`,
    hint: ({ path }) => `Look at it on the host, move it aside (\`mv ${path} ${path}.old\`), and run again.`,
  }),
  WOULD_REPLACE: row<{ path: string; why: string; next: string }>({
    exit: EXIT.failed,
    message: ({ path, why }) => `${path} on the host has another content, and is never overwritten: ${why}.`,
    hint: ({ next }) => next,
  }),
  PACKAGE_ALTERED: row<{ file: string; reason: string; package: string }>({
    exit: EXIT.failed,
    message: ({ file, reason }) =>
      `${file} on the host ${reason}. A program that somebody changed or brought by hand is not deployed with.`,
    hint: ({ file, package: name }) =>
      name
        ? `Find out who did it. To have the vendor's file again, on the host: \`apt-mark unhold ${name}; dpkg --remove ${name}\` (configuration, licence and queue stay); then run the same command again.`
        : `Find out who did it, and move it away on the host (\`mv ${file} ${file}.foreign\`); then run the same command again.`,
  }),
  PACKAGE_STEP_RUNS: row<{ host: string; about: string }>({
    exit: EXIT.failed,
    message: ({ host, about }) => `A package step on ${host} does not end: ${about}. Nothing was changed there.`,
    hint: () =>
      'Look at `tail /run/ee.packages/output` on the host; where nothing moves, end it with `systemctl kill ee-packages`, and run the same command again: it repairs what is half installed.',
  }),
  FOLDER_IN_USE: row<{ path: string; from: string }>({
    exit: EXIT.failed,
    message: ({ path, from }) =>
      from
        ? `${path} on the host holds an application from another archive (SHA-256 ${from}…); it is not touched.`
        : `${path} on the host holds files that no run of this tool put there; they are not touched.`,
    hint: ({ path }) => `If they may go, move them aside on the host (\`mv ${path} ${path}.old\`) and run again.`,
  }),
  LOCKED_OUT: row<{ host: string; change: string; seconds: number; reason: string }>({
    exit: EXIT.failed,
    message: ({ host, change, seconds, reason }) =>
      `${host}: after "${change}" a new login did not work: ${reason} The host takes the change back by itself within ${seconds} s.`,
    hint: () => 'Check SSH_PORT and ADMIN_IPS: this machine must be among them. Then run the same command again.',
  }),
  LOCKED: row<{ host: string; holder: string }>({
    exit: EXIT.locked,
    message: ({ host, holder }) => `Another run is working on ${host}: ${holder}.`,
    hint: () => 'Wait for it to end. The lock goes by itself when that run ends or its connection breaks.',
  }),
  LOCK_LOST: row<{ host: string; state: 'held' | 'ended' | 'free'; who: string }>({
    exit: EXIT.locked,
    message: ({ host, state, who }) =>
      `This run lost its lock on ${host}, which had no sign of life of it for a minute, and stopped before its next change. ` +
      {
        held: `Another run has the lock now: ${who || 'its name is not known'}.`,
        ended: `Another run had the lock meanwhile, and has ended: ${who}.`,
        free: 'Nobody else has had the lock since.',
      }[state],
    hint: ({ state }) =>
      `${state === 'held' ? 'Wait for that run to end. Then run' : 'Run'} the same command again: it continues from what is on the host.`,
  }),
  INTERRUPTED: row<{ during: string; again?: Again }>({
    exit: EXIT.interrupted,
    message: ({ during, again }) =>
      `Interrupted during ${during}.${again === 'unwritten' ? ' Nothing was written.' : ''}`,
    hint: ({ again = 'continues' }) =>
      ({
        continues: 'Run the same command again: it continues where this one stopped.',
        unwritten: 'Run it again.',
        repeats: 'What was handed over is on its way. The same command again does all of it once more.',
      })[again],
  }),

  // keys, certificates and DNS records
  SECRETS_FOLDER_OPEN: row<{ folder: string; mode: string }>({
    exit: EXIT.usage,
    message: ({ folder, mode }) => `${folder} holds private keys, and other users can write to it (mode ${mode}).`,
    hint: ({ folder }) => `chmod 700 ${folder}`,
  }),
  SECRET_FILE_OPEN: row<{ file: string; mode: string }>({
    exit: EXIT.usage,
    message: ({ file, mode }) => `${file} is private and is open to other users (mode ${mode}).`,
    hint: ({ file }) => `chmod 600 ${file}`,
  }),
  SECRET_FILE_UNUSABLE: row<{ file: string; action: string; reason: string; next?: string }>({
    exit: EXIT.failed,
    message: ({ file, action, reason }) => `${file} cannot be ${action}: ${reason}.`,
    hint: ({ next }) =>
      `${next ?? 'Check SECRETS_DIR, its owner and the free space of its disk.'} No existing key was touched.`,
  }),
  DKIM_KEY_UNUSABLE: row<{ file: string; reason: string; domain?: string; use?: 'pending' | 'active' | 'past' }>({
    exit: EXIT.usage,
    message: ({ file, reason }) => `${file} is no usable DKIM key: ${reason}. It was left as it is.`,
    hint: ({ domain, use }) => {
      switch (use) {
        case 'pending':
          return `Bring it back from your own copy. If it is lost: \`ee dkim rotate --domain ${domain}\` gives this key up and makes another one under a new selector.`;
        case 'active':
          return `VPS2 has it and goes on signing. Bring the file back from your own copy, or with \`ee dkim recover\` from VPS2; or replace the key: \`ee dkim rotate --domain ${domain}\`.`;
        case 'past':
          return 'It signs no more. Leave its record in DNS as it is: `ee dkim rotate` revokes the key when its time has come, and needs no file for that.';
        default:
          return 'Bring the key back from your own copy, or from VPS2 with `ee dkim recover`: move this file away first. Only if the key is nowhere: `ee dkim generate` then makes another one.';
      }
    },
  }),
  DKIM_KEY_MISSING: row<{ domains: readonly string[]; folder?: string }>({
    exit: EXIT.usage,
    message: ({ domains, folder }) =>
      `${domains.length === 1 ? 'There is no DKIM key' : 'There are no DKIM keys'} for ${domains.join(', ')}${folder === undefined ? '' : ` in ${folder}`}.`,
    hint: () =>
      'If there were keys once, correct SECRETS_DIR, bring your copy back, or let `ee dkim recover` bring them from VPS2. Otherwise run `ee dkim generate`; it keeps the keys that exist.',
  }),
  DKIM_KEYS_OLDER: row<{ signing: readonly { domain: string; selector: string }[]; folder: string }>({
    exit: EXIT.usage,
    message: ({ signing, folder }) =>
      `The DKIM keys in ${folder} are older than VPS2, so nothing was changed. VPS2 signs with keys of which that folder does not know that:\n${signing
        .map(({ domain, selector }) => `  ${selector} for ${domain}`)
        .join('\n')}`,
    hint: () =>
      'Bring the newest copy of SECRETS_DIR, whole, with the ledgers. If there is none, `ee dkim recover` brings these keys back from VPS2 and notes what signs.',
  }),
  DKIM_ACTIVE_NOT_IN_DNS: row<{ domain: string; selector: string; folder: string; reasons: readonly string[] }>({
    exit: EXIT.found,
    message: ({ domain, selector, folder, reasons }) =>
      `DNS does not have the key ${selector}, with which ${domain} signs by what is in ${folder}, so no rotation was begun:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`,
    hint: ({ domain }) =>
      `These keys may be older than VPS2: bring the newest copy of SECRETS_DIR, or run \`ee dkim recover\`. If they are right, publish the record again: \`ee dns records\`. To replace the key in any case: \`ee dkim rotate --domain ${domain} --emergency\`.`,
  }),
  DKIM_SELECTOR_PUBLISHED: row<{ names: readonly string[]; folder: string }>({
    exit: EXIT.found,
    message: ({ names, folder }) =>
      `DNS has DKIM keys for which there is none in ${folder}, so none was made:\n${names.map((name) => `  ${name}`).join('\n')}`,
    hint: () =>
      'Correct SECRETS_DIR, bring your copy back, or let `ee dkim recover` bring the keys from VPS2. Only if they are lost: --new-selectors makes others, under selectors that were never used.',
  }),
  DKIM_NOT_RECOVERABLE: row<{ domain: string; reason: string }>({
    exit: EXIT.failed,
    message: ({ domain, reason }) => `The key of ${domain} was not brought back: ${reason}. Nothing of it was changed.`,
    hint: ({ domain }) =>
      `Mend that, then run \`ee dkim recover --domain ${domain}\` again; keys that are here already stay as they are.`,
  }),
  DKIM_SELECTOR_UNCLEAR: row<{ folder: string; selectors: readonly string[]; emptied: boolean }>({
    exit: EXIT.usage,
    message: ({ folder, selectors, emptied }) =>
      `${folder} does not say which key signs: it holds ${selectors.join(', ')}, and ${emptied ? 'a ledger.jsonl that is empty' : 'no ledger'}.`,
    hint: ({ emptied }) =>
      emptied
        ? 'Bring ledger.jsonl back from your own copy, the newest there is.'
        : 'Leave the key there that DNS publishes and PowerMTA uses, and move the others out of the folder. If there was a ledger.jsonl, bring it back from your own copy instead.',
  }),
  DKIM_LEDGER_BROKEN: row<{ file: string; line: number; reason: string }>({
    exit: EXIT.usage,
    message: ({ file, line, reason }) =>
      `${file}, line ${line} cannot be right: ${reason}. So it is not known which key of this domain signs. Nothing was changed.`,
    hint: () =>
      'Nobody but ee writes into this file. Bring it back from your own copy, the newest there is; no line of it may be left out.',
  }),
  DKIM_LOCKED: row<{ folder: string }>({
    exit: EXIT.locked,
    message: ({ folder }) => `Another run on this machine works with the keys in ${folder}.`,
    hint: () => 'Wait for it to end; its lock goes with it. Then run the same command again.',
  }),
  DKIM_DOMAIN_UNKNOWN: row<{ domain: string; domains: readonly string[] }>({
    exit: EXIT.usage,
    message: ({ domain }) =>
      domain === '' ? '--domain names no domain.' : `${domain} is no sending domain of the settings.`,
    hint: ({ domains }) => `They are: ${domains.join(', ')}.`,
  }),
  DKIM_RESOLVERS_FEW: row<{ resolvers: readonly string[] }>({
    exit: EXIT.usage,
    message: ({ resolvers }) =>
      `A key comes into force only when two resolvers have its record, and ee knows ${resolvers.length === 0 ? 'none' : `one alone (${resolvers.join(', ')})`}.`,
    hint: () => 'Name at least two in DNS_RESOLVERS, of different operators, or leave DNS_RESOLVERS out.',
  }),
  DKIM_CONFIG_PENDING: row<{ changes: readonly string[] }>({
    exit: EXIT.failed,
    message: ({ changes }) =>
      `The configuration of PowerMTA is not what the settings ask for (${changes.join('; ')}), and a rotation brings no other change with it. Nothing was changed; the former keys sign.`,
    hint: () =>
      '`ee pmta diff` shows the difference, `ee pmta apply` puts it into force. Then run the same command again.',
  }),
  DNS_ADDRESS_NEEDED: row<{ name: string; address: string }>({
    exit: EXIT.usage,
    message: ({ name, address }) => `${name} needs an A record, and "${address}" is not an IPv4 address.`,
    hint: () => 'Put the IPv4 address of the host into the settings.',
  }),
  TLS_PAIR_UNUSABLE: row<{ file: string; reason: string }>({
    exit: EXIT.failed,
    message: ({ file, reason }) => `${file} is not usable: ${reason}. It was left as it is.`,
    hint: ({ file }) => `Move ${file.replace(/\.(crt|key)$/, '')}.key and .crt away; the next run makes a new pair.`,
  }),

  // lab
  LAB_UNSUPPORTED: row<{ reason: string; packages: readonly string[] }>({
    exit: EXIT.usage,
    message: ({ reason }) => `This machine cannot run a lab: ${reason}.`,
    hint: ({ packages }) =>
      packages.length > 0
        ? `As root: apt-get install --no-install-recommends ${packages.join(' ')}`
        : 'The lab wants root on a Linux machine: a throw-away Debian 12 VM does.',
  }),
  LAB_COMMAND_FAILED: row<{ step: string; status: string; output: string }>({
    exit: EXIT.failed,
    message: ({ step, status, output }) =>
      `The lab stopped while ${step} (${status}).${output ? `\nThe last lines:\n${quoted(output)}` : ''}`,
    hint: () => 'Mend what the lines say and run the same command again; `ee lab down` clears everything away.',
  }),
  LAB_BOOT: row<{ host: string; console: string; output: string }>({
    exit: EXIT.failed,
    message: ({ host, output }) =>
      `${host} of the lab did not come up.${output ? `\nThe last lines of its console:\n${quoted(output)}` : ''}`,
    hint: ({ console }) => `Read ${console}; \`ee lab up --reset\` starts from fresh hosts.`,
  }),
  LAB_NO_SUBNET: row<{ range: string }>({
    exit: EXIT.failed,
    message: ({ range }) => `No /24 of ${range} is free for another lab.`,
    hint: () => '`ee lab status` lists the labs; `ee lab down --name NAME` removes one.',
  }),
  LAB_NOT_RUNNING: row<{ lab: string; host: string }>({
    exit: EXIT.unreachable,
    message: ({ lab, host }) => `${host} of the lab "${lab}" does not run.`,
    hint: ({ lab }) => `ee lab up --name ${lab}`,
  }),
  LAB_WORLD_REFUSED: row<{ reason: string }>({
    exit: EXIT.usage,
    message: ({ reason }) => `The lab's mailbox providers cannot do that: ${reason}.`,
    hint: () => 'docs/lab.md shows what the lab can be told; `ee lab inbox` lists the IDs of messages.',
  }),
  LAB_ZONE_LINE: row<{ line: string }>({
    exit: EXIT.usage,
    message: ({ line }) => `This is no line of a zone file with one record and its absolute name: ${line}`,
    hint: () => 'Publish a file as `ee dns records --format bind --out FILE` writes it.',
  }),
  LAB_MADE_OTHERWISE: row<{ lab: string; host: string; made: string; asked: string }>({
    exit: EXIT.usage,
    message: ({ lab, host, made, asked }) => `${host} of the lab "${lab}" was made ${made}, not ${asked}.`,
    hint: () => 'Add --reset to throw away its state and make it anew, or leave the option out.',
  }),
  LAB_LAYER_GONE: row<{ lab: string; host: string; layer: string }>({
    exit: EXIT.failed,
    message: ({ lab, host, layer }) => `${host} of the lab "${lab}" stands on ${layer}, which is no longer there.`,
    hint: ({ lab }) => `\`ee lab up --name ${lab} --reset\` makes it anew.`,
  }),
  LAB_CACHE_IN_USE: row<{ cache: string }>({
    exit: EXIT.usage,
    message: ({ cache }) => `A lab still uses the layers in ${cache}.`,
    hint: () => '`ee lab status` lists the labs; bring each down first.',
  }),

  // MailWizz
  MAILWIZZ_NO_PURCHASE_CODE: row<Record<string, never>>({
    exit: EXIT.usage,
    message: () => 'MAILWIZZ_PURCHASE_CODE is not set, and MailWizz asks its vendor about it. Nothing was done.',
    hint: () => 'Put the purchase code of your licence into the settings file, then run the same command again.',
  }),
  MAILWIZZ_INSTALLER_UNFIT: row<{ path: string; reason: string }>({
    exit: EXIT.usage,
    message: ({ path, reason }) => `${path} (MAILWIZZ_INSTALL_DIR) is not taken: ${reason}. No host was touched.`,
    hint: () =>
      "Set MAILWIZZ_INSTALL_DIR to the folder install/ of the vendor's release of the same version, or leave it out.",
  }),
  MAILWIZZ_VERSIONS_DIFFER: row<{ place: string; wizard: string; application: string }>({
    exit: EXIT.usage,
    message: ({ place, wizard, application }) =>
      `${place} is the wizard of MailWizz ${wizard}, and the application on the host is ${application}. Nothing was changed.`,
    hint: ({ application }) =>
      `Bring install/ of ${application}, or none: then the application's own SQL files are used.`,
  }),
  MAILWIZZ_NOT_READY: row<{ reason: string }>({
    exit: EXIT.failed,
    message: ({ reason }) => `MailWizz cannot be installed yet: ${reason}.`,
    hint: () => 'Run `ee deploy vps1` first, then the same command again.',
  }),
  MAILWIZZ_NOT_INSTALLED: row<Record<string, never>>({
    exit: EXIT.failed,
    message: () => 'MailWizz is not installed. Nothing was changed.',
    hint: () => 'Run `ee mailwizz install` first; `ee mailwizz status` tells what is there.',
  }),
  MAILWIZZ_NO_ENGINE: row<Record<string, never>>({
    exit: EXIT.failed,
    message: () => 'The API is not deployed there, so there is no place for its key. Nothing was changed.',
    hint: () => 'Run `ee deploy vps3` first, then the same command again.',
  }),
  MAILWIZZ_CONFIG_FOREIGN: row<{ leads: string }>({
    exit: EXIT.failed,
    message: ({ leads }) =>
      `The configuration of MailWizz leads to the ${leads}, which is not the one of the settings. Nothing was changed, and that database was not asked.`,
    hint: () =>
      'If it is the one to use, correct MAILWIZZ_DB_NAME and MAILWIZZ_DB_USER. If not, move apps/common/config/main-custom.php aside on the host and run again.',
  }),
  MAILWIZZ_IN_USE: row<{ database: string; found: readonly string[] }>({
    exit: EXIT.failed,
    message: ({ database, found }) =>
      `The database ${database} is not empty, so nothing was changed:\n${found.map((one) => `  ${one}`).join('\n')}`,
    hint: () =>
      'Data that is there is never touched. `ee mailwizz install --replace` keeps it and puts a new panel in its place; or give MAILWIZZ_DB_NAME another name and run `ee deploy vps1`.',
  }),
  MAILWIZZ_NO_SPACE: row<{ host: string; paths: readonly string[]; free: number; needed: number }>({
    exit: EXIT.failed,
    message: ({ host, paths, free, needed }) =>
      `${host} has ${free} MB free for ${paths.join(', ')}; this needs ${needed} MB. Nothing was changed.`,
    hint: () =>
      'Free some space (`apt-get clean`, old logs, kept panels that nobody needs under /var/lib/ee/backups), or give the host a larger disk; then run the same command again.',
  }),
  MAILWIZZ_CUT: row<{ kind: 'replace' | 'upgrade' | 'rollback'; run: string; by: string }>({
    exit: EXIT.failed,
    message: ({ kind, run, by }) =>
      `${{ replace: 'A replacement', upgrade: 'An upgrade', rollback: 'A rollback' }[kind]} of the panel was cut: run ${run} of ${by} has not ended, and the panel may be closed.`,
    hint: ({ kind }) =>
      kind === 'rollback'
        ? '`ee rollback vps1` finishes it.'
        : `\`ee rollback vps1\` brings back what was there before it; ${kind === 'replace' ? '`ee mailwizz install` goes on' : '`ee mailwizz upgrade` takes it back too, and begins anew'}.`,
  }),
  MAILWIZZ_SCHEMA_DIFFERS: row<{ version: string; missing: readonly string[] }>({
    exit: EXIT.failed,
    message: ({ version, missing }) =>
      `The SQL files of MailWizz ${version} do not make what this version of ee builds on, so nothing was changed:\n${missing.map((name) => `  ${name}`).join('\n')}`,
    hint: () =>
      'Use a version of MailWizz that ee knows (2.2), or a newer ee. `ee deploy vps1` unpacks what the backup set has.',
  }),
  MAILWIZZ_RELEASE_UNFIT: row<{ path: string; problems: readonly string[] }>({
    exit: EXIT.usage,
    message: ({ path, problems }) =>
      `${path} is not taken, and no host was touched:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    hint: () =>
      "Give the vendor's release, or one .zip or .tar.gz of the application's files, in which apps/init.php is once.",
  }),
  MAILWIZZ_NOT_NEWER: row<{ version: string; installed: string }>({
    exit: EXIT.usage,
    message: ({ version, installed }) =>
      `The release is MailWizz ${version}, and ${installed} is installed. Nothing was changed.`,
    hint: () => '`ee rollback vps1` goes back to an earlier version that was kept; an upgrade only goes forward.',
  }),
  MAILWIZZ_UPGRADE_FAILED: row<{ from: string; to: string; reason: string }>({
    exit: EXIT.failed,
    message: ({ from, to, reason }) =>
      `The upgrade to MailWizz ${to} did not succeed and was taken back: the panel is ${from} again, with its database as it was.\n${indented(reason)}`,
    hint: () =>
      'Mend what the lines say, then run the same command again; `ee mailwizz status` tells how the panel is.',
  }),
  MAILWIZZ_DATABASE_UNCONFIRMED: row<{ database: string; given: string }>({
    exit: EXIT.usage,
    message: ({ database, given }) =>
      given === ''
        ? `The database ${database} and its panel would make way for a new one, and nobody here can be asked for its name. Nothing was changed.`
        : `"${given}" is not the name of the database that would make way. Nothing was changed.`,
    hint: ({ database }) =>
      `Add --confirm-database with the name of the database whose data makes way: it is ${database}.`,
  }),
  MAILWIZZ_STEP_REFUSED: row<{ step: string; reasons: readonly string[] }>({
    exit: EXIT.failed,
    message: ({ step, reasons }) =>
      `The wizard of MailWizz does not go on from its step ${step}:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`,
    hint: ({ step }) =>
      step === 'welcome'
        ? "Check MAILWIZZ_PURCHASE_CODE and MAILWIZZ_MARKET_PLACE, and that VPS1 reaches the vendor's server (port 443); then run the same command again."
        : 'Mend what the lines say, then run the same command again: it undoes what this run left half made, and begins anew.',
  }),
  MAILWIZZ_PAGE_REFUSED: row<{ what: string; reasons: readonly string[] }>({
    exit: EXIT.failed,
    message: ({ what, reasons }) =>
      `MailWizz is there, and ${what} did not work:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`,
    hint: () => 'Mend what the lines say, then run the same command again: it goes on from here.',
  }),
  MAILWIZZ_LICENCE_REFUSED: row<{ reasons: readonly string[] }>({
    exit: EXIT.failed,
    message: ({ reasons }) =>
      `MailWizz does not accept its licence, so the installation was undone:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`,
    hint: () =>
      "Check MAILWIZZ_PURCHASE_CODE and MAILWIZZ_MARKET_PLACE, and that VPS1 reaches the vendor's server (port 443). A licence that runs elsewhere may need the vendor to move it.",
  }),
  MAILWIZZ_NOT_PROVEN: row<{ problems: readonly string[] }>({
    exit: EXIT.failed,
    message: ({ problems }) =>
      `MailWizz was installed, and is not as it should be, so the panel stays closed:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    hint: () => 'Mend what the lines say, then run the same command again: it goes on from here.',
  }),

  // backup set
  BACKUP_UNUSABLE: row<{ directory: string; verdict: string; problems: readonly string[] }>({
    exit: EXIT.found,
    message: ({ directory, verdict, problems }) =>
      `The backup set ${directory} cannot be deployed from (${verdict}):\n${problems
        .map((problem) => `  ${problem}`)
        .join('\n')}`,
    hint: ({ directory }) => `Bring the files back from the original, then prove it with \`ee verify ${directory}\`.`,
  }),
  BACKUP_ORIGINAL_UNREADABLE: row<{ directory: string; reason: string }>({
    exit: EXIT.found,
    message: ({ directory, reason }) => `The original ${directory} cannot be compared with: ${reason}.`,
    hint: () => 'Mount it or correct --against (or BACKUP_SOURCE_DIR); without an original, leave both out.',
  }),
  BACKUP_MANIFEST_REFUSED: row<{ path: string; reason: string }>({
    exit: EXIT.found,
    message: ({ path, reason }) => `${path} was not written: ${reason}.`,
    hint: () =>
      'A manifest is only written for a set that was read whole and is sound. Run `ee verify` to see what it lacks.',
  }),

  // pmta
  PMTA_PLAN_REFUSED: row<{ name: string; reason: string }>({
    exit: EXIT.usage,
    message: ({ name, reason }) => `The PowerMTA configuration cannot be written with ${name}: ${reason}.`,
    hint: () => 'Correct the value in the settings file, then run the same command again.',
  }),
  PMTA_UNPLACED: row<{ lines: readonly { line: string; text: string; consequence: string }[] }>({
    exit: EXIT.found,
    message: ({ lines }) =>
      `${lines.length === 1 ? 'One line' : `${lines.length} lines`} of the PowerMTA configuration in the backup set would be lost, so nothing was rendered:\n${lines
        .map(({ line, text, consequence }) => `  line ${line}: ${text} (${consequence})`)
        .join('\n')}`,
    hint: ({ lines }) =>
      `\`ee pmta render --ips N --explain\` shows which virtual MTA takes what. Where nothing is lost by it, leave the lines out: --drop ${ranges(lines.map(({ line }) => line))}, or PMTA_DROP=${ranges(lines.map(({ line }) => line))} in the settings.`,
  }),
  PMTA_UNDECIDED: row<{
    further: readonly string[];
    differing: readonly { virtualMta: string; line: string; text: string }[];
    candidates: readonly string[];
  }>({
    exit: EXIT.found,
    message: ({ further, differing }) =>
      `The settings have more sending IPs than the PowerMTA configuration in the backup set has virtual MTAs, and those differ: whose blocks ${some(further)} will have is not clear, so nothing was rendered.\n${differing
        .map(({ virtualMta, line, text }) => `  line ${line}: only in ${virtualMta}: ${text}`)
        .join('\n')}`,
    hint: ({ candidates }) =>
      `Name the virtual MTA that the further ones will be like: --like ${candidates[0] ?? 'NAME'}, or PMTA_LIKE=${candidates[0] ?? 'NAME'} in the settings. There are: ${some(candidates)}.`,
  }),
  PMTA_LIKE_UNKNOWN: row<{ name: string; names: readonly string[] }>({
    exit: EXIT.usage,
    message: ({ name }) => `The PowerMTA configuration in the backup set has no virtual MTA ${name} that sends.`,
    hint: ({ names }) =>
      names.length === 0
        ? 'It has none at all: leave out --like and PMTA_LIKE.'
        : `Correct --like or PMTA_LIKE. There are: ${some(names)}.`,
  }),
  PMTA_DROP_MISNAMED: row<{ lines: readonly string[]; unplaced: readonly string[] }>({
    exit: EXIT.usage,
    message: ({ lines }) =>
      `${lines.length === 1 ? `Line ${lines[0]} of the PowerMTA configuration in the backup set is` : `Lines ${ranges(lines)} of the PowerMTA configuration in the backup set are`} not among those that would be lost, so nothing was rendered.`,
    hint: ({ unplaced }) =>
      unplaced.length === 0
        ? 'Take what is wrong out of --drop or PMTA_DROP: no other line would be lost.'
        : `Correct --drop or PMTA_DROP. These lines would be lost: ${ranges(unplaced)}.`,
  }),
  PMTA_DRIFT: row<{ path: string; known: boolean }>({
    exit: EXIT.failed,
    message: ({ path, known }) =>
      known
        ? `${path} was changed on the host after ee wrote it. It was left as it is.`
        : `${path} on the host was not written by ee. It was left as it is.`,
    hint: () =>
      '`ee pmta diff` shows what is different there. What must stay belongs in pmta-overlay.conf beside the settings. Then `ee deploy vps2 --overwrite-drift` replaces the file and keeps a copy; so does `ee pmta apply --overwrite-drift`, which changes nothing else.',
  }),
  ROLLBACK_DRIFT: row<{ path: string; id: string }>({
    exit: EXIT.failed,
    message: ({ path }) => `${path} was changed on the host after ee wrote it, or ee never wrote it. It is unchanged.`,
    hint: ({ id }) =>
      `\`ee pmta diff\` shows what is different there; \`ee rollback vps2 --to ${id} --overwrite-drift\` replaces the file and keeps a copy.`,
  }),
  PMTA_QUEUES_UNKNOWN: row<{ virtualMtas: readonly string[]; stopped: boolean }>({
    exit: EXIT.failed,
    message: ({ virtualMtas, stopped }) =>
      `PowerMTA ${stopped ? 'does not run, and so does not tell' : 'does not tell'} whether mail waits for ${virtualMtas.join(', ')}, which the new configuration no longer has: it would bounce. Nothing was changed.`,
    hint: ({ stopped }) =>
      stopped
        ? 'Start it on the host (`systemctl start pmta`), then run the same command again. Where it does not start, put a configuration with these virtual MTAs into force first: `ee rollback vps2` has the earlier ones.'
        : 'See on the host what `pmta show queues` says, then run the same command again.',
  }),
  PMTA_CHANGED_MEANWHILE: row<{ path: string }>({
    exit: EXIT.failed,
    message: ({ path }) =>
      `Somebody changed ${path}, or a file beside it, while this run was at work. It was left as it is.`,
    hint: () => 'Find out who did, look at `ee pmta diff`, and run the same command again.',
  }),
  PMTA_HOST_UNFIT: row<{ problems: readonly string[] }>({
    exit: EXIT.found,
    message: ({ problems }) =>
      `The host is not ready for the new configuration, so nothing was changed:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    hint: ({ problems }) =>
      problems.some((problem) => problem.startsWith('PowerMTA '))
        ? 'See on the host what `pmta show status` and /var/log/pmta/log say. Then run the same command again.'
        : '`ee deploy vps2` brings addresses, keys and certificates to the host. Then run the same command again.',
  }),
  PMTA_LINT_ERRORS: row<{ problems: readonly string[] }>({
    exit: EXIT.found,
    message: ({ problems }) =>
      `The PowerMTA configuration in the backup set has errors that would be in the rendering too, so nothing was rendered:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    hint: () =>
      '`ee pmta check FILE`, with the file of the backup set, shows the lines and how to correct them; a comment there suppresses a rule.',
  }),
  PMTA_DNS_WRONG: row<{ problems: readonly string[]; unknown: readonly string[] }>({
    exit: EXIT.found,
    message: ({ problems, unknown }) =>
      `DNS does not agree with the sending IPs, so nothing was changed; mailbox providers refuse mail from such addresses:\n${problems.map((problem) => `  ${problem}`).join('\n')}${unknown.length > 0 ? `\nIt could not be determined:\n${unknown.map((one) => `  ${one}`).join('\n')}` : ''}`,
    hint: () =>
      '`ee dns records` shows what to publish; the provider of the addresses sets PTR records. --ignore-dns goes on without them.',
  }),
  PMTA_DNS_UNKNOWN: row<{ problems: readonly string[] }>({
    exit: EXIT.found,
    message: ({ problems }) =>
      `Whether DNS agrees with the sending IPs could not be determined, so nothing was changed:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    hint: () =>
      'Run again when the name servers answer, name others with DNS_RESOLVERS, or go on without asking with --ignore-dns.',
  }),
  PMTA_STILL_DRAINING: row<{ waiting: readonly { name: string; recipients: number }[] }>({
    exit: EXIT.failed,
    message: ({ waiting }) =>
      `The new configuration is in force, and old virtual MTAs stay beside it, because mail waits for them: ${waiting.map(({ name, recipients }) => `${name} (${recipients} recipients)`).join(', ')}. Nothing new goes to them.`,
    hint: () =>
      'Leave it so as long as you like: `ee pmta apply` or `ee deploy vps2` removes them once nothing waits. `pmta show queues` on the host tells what does.',
  }),
  PMTA_REFUSED: row<{ output: string }>({
    exit: EXIT.failed,
    message: ({ output }) =>
      `PowerMTA refuses the new configuration; the former one is in its place and in force. It says:\n${quoted(output)}`,
    hint: () =>
      'Correct what it names, in the overlay where it comes from there: `ee pmta diff` shows what would change, with the lines of the overlay. Then run the same command again.',
  }),
  PMTA_RELOAD_REFUSED: row<{ output: string }>({
    exit: EXIT.failed,
    message: ({ output }) =>
      `PowerMTA did not load the new configuration; the former one was put back and loaded. It says:\n${quoted(output)}`,
    hint: () => 'Correct what it names, then run the same command again.',
  }),
  PMTA_TAKEN_BACK: row<{ reasons: readonly string[] }>({
    exit: EXIT.failed,
    message: ({ reasons }) =>
      `With the new configuration PowerMTA is not what it should be, so the former one was put back and loaded:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`,
    hint: () => 'Mend what the lines name, then run the same command again.',
  }),
  PMTA_NOT_TAKEN_BACK: row<{ output: string }>({
    exit: EXIT.failed,
    message: ({ output }) =>
      `The new configuration did not work, and putting the former one back failed too. The lines:\n${quoted(output)}`,
    hint: () =>
      'The former one is /var/lib/ee/pmta/applying/previous on the host. `ee rollback vps2` brings back an earlier one.',
  }),
  PMTA_APPLY_CUT: row<{ status: number; output: string }>({
    exit: EXIT.failed,
    message: ({ status, output }) =>
      `Putting the configuration into force ended before it was finished (status ${status}).${output ? `\nIts last lines:\n${quoted(output)}` : ''}`,
    hint: () => 'Mend what the lines say and run the same command again: it finishes what was begun, or takes it back.',
  }),
  ROLLBACK_NOTHING: row<{ host: string; id: string; ids: readonly string[] }>({
    exit: EXIT.usage,
    message: ({ host, id }) =>
      id === ''
        ? `${host} keeps no earlier PowerMTA configuration that differs and has a virtual MTA.`
        : `${host} has no PowerMTA configuration that a run ${id} replaced.`,
    hint: ({ host, ids }) =>
      ids.length > 0
        ? `There are: ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''}. \`ee rollback ${host} --list\` tells more.`
        : '`ee deploy vps2` applies the configuration of the settings.',
  }),
  ROLLBACK_SENDS_NOTHING: row<{
    host: string;
    id: string;
    reason: 'package-example' | 'no-virtual-mta';
    ids: readonly string[];
  }>({
    exit: EXIT.usage,
    message: ({ host, id, reason }) =>
      `What run ${id} replaced on ${host} ${reason === 'package-example' ? "is the example of PowerMTA's package" : 'has no virtual MTA'}: nothing would be sent with it. Nothing was changed.`,
    hint: ({ host, ids }) =>
      ids.length > 0
        ? `\`ee rollback ${host} --to ${ids[0] ?? ''}\` brings back the newest configuration that sends; \`ee rollback ${host} --list\` shows all.`
        : `\`ee deploy ${host}\` applies the configuration of the settings.`,
  }),
  ROLLBACK_KEY_GONE: row<{ host: string; id: string; files: readonly string[] }>({
    exit: EXIT.found,
    message: ({ host, id, files }) =>
      `The configuration that run ${id} replaced signs with ${files.length === 1 ? 'a DKIM key that is' : 'DKIM keys that are'} not on ${host} any more:\n${files.map((file) => `  ${file}`).join('\n')}\nNothing was changed.`,
    hint: ({ host }) =>
      `\`ee deploy ${host}\` applies the configuration of the settings, which signs with the current keys; \`ee rollback ${host} --list\` shows other configurations.`,
  }),
  ROLLBACK_UNMATCHED: row<{
    host: string;
    id: string;
    problems: readonly string[];
    flags: readonly string[];
    settings: readonly string[];
  }>({
    exit: EXIT.found,
    message: ({ id, problems }) =>
      `With the configuration that run ${id} replaced, MailWizz and the API could not hand over mail:\n${problems.map((problem) => `  ${problem}`).join('\n')}\nNothing was changed.`,
    hint: ({ host, id, flags, settings }) =>
      `\`ee rollback ${host} --to ${id} ${flags.join(' ')}\`; or set ${settings.join(' and ')} to what that configuration has, run \`ee deploy all\`, then \`ee rollback ${host} --to ${id}\`.`,
  }),
  ROLLBACK_NO_PANEL: row<{ host: string; id: string; ids: readonly string[] }>({
    exit: EXIT.usage,
    message: ({ host, id }) =>
      id === '' ? `${host} keeps no earlier panel to go back to.` : `${host} keeps no panel that a run ${id} replaced.`,
    hint: ({ host, ids }) =>
      ids.length > 0
        ? `There are: ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''}. \`ee rollback ${host} --list\` tells more.`
        : '`ee mailwizz install --replace` and `ee mailwizz upgrade` keep the panel that they replace; none has yet. Single files as they were are under /var/lib/ee/backups on the host, by run and path.',
  }),
  ROLLBACK_OTHER_DATABASE: row<{ id: string; database: string; wanted: string }>({
    exit: EXIT.usage,
    message: ({ id, database, wanted }) =>
      `The panel that run ${id} replaced had the database ${database}, and the settings name ${wanted}. Nothing was changed.`,
    hint: ({ database }) => `Set MAILWIZZ_DB_NAME=${database}, run \`ee deploy vps1\`, then this command again.`,
  }),
  ROLLBACK_UNSUPPORTED: row<{ host: string }>({
    exit: EXIT.usage,
    message: ({ host }) =>
      `${host} cannot be rolled back: its files, packages and databases belong together, and one without the others would not work. Nothing was changed.`,
    hint: ({ host }) =>
      `Bring back your former settings file and run \`ee deploy ${host}\`. Single files as they were are under /var/lib/ee/backups on the host, by run and path.`,
  }),
  RELAY_CERTIFICATE_MISSING: row<{ file: string }>({
    exit: EXIT.usage,
    message: ({ file }) => `${file} does not exist: the certificate by which PowerMTA's submission is known.`,
    hint: () => 'Bring it back from your copy of SECRETS_DIR, or let `ee deploy vps2` make a new one.',
  }),
  PROBE_UNPREPARED: row<{ host: string; domain: string }>({
    exit: EXIT.failed,
    message: ({ host, domain }) =>
      `The PowerMTA configuration on ${host} has no <domain ${domain}> as ee writes it, so probe messages would not come back. None was sent.`,
    hint: () => '`ee pmta diff` shows what is missing there, and `ee pmta apply` puts it into force.',
  }),
  PMTA_MACROS_DEEP: row<{ macro: string; place: string; levels: number }>({
    exit: EXIT.found,
    message: ({ macro, place, levels }) =>
      `The domain-macro ${macro} on ${place} holds macros within macros, more than ${levels} levels deep. It is not followed that far.`,
    hint: ({ macro }) => `List the domains of ${macro} without macros in between, then run the same command again.`,
  }),
  PMTA_CONFIG_BROKEN: row<{ problems: readonly string[] }>({
    exit: EXIT.failed,
    message: ({ problems }) =>
      `The PowerMTA configuration has blocks that do not close, so it cannot be adapted safely:\n${problems
        .map((problem) => `  ${problem}`)
        .join('\n')}`,
    hint: () => 'Compare it with the original; `ee pmta check FILE` shows the lines.',
  }),
  PMTA_CONFIG_UNUSABLE: row<{ problems: readonly string[] }>({
    exit: EXIT.found,
    message: ({ problems }) =>
      `The PowerMTA configuration of the backup set cannot be rendered:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    hint: () => 'Bring the file back from the original, then check the set with `ee verify`.',
  }),
  PMTA_INCLUDES_MISSING: row<{ lines: readonly string[] }>({
    exit: EXIT.found,
    message: ({ lines }) =>
      `The PowerMTA configuration includes files that are not in the backup set. Their rules would be lost, so it is not rendered:\n${lines.map((line) => `  ${line}`).join('\n')}`,
    hint: () =>
      'Put each file into the backup set, beside the configuration by its name or by its path below /etc/pmta, then run the same command again. What may be lost, name with --drop or PMTA_DROP.',
  }),
  PMTA_OVERLAY_MISSING: row<{ path: string }>({
    exit: EXIT.usage,
    message: ({ path }) => `PMTA_OVERLAY names ${path}, which does not exist.`,
    hint: () => 'Create the file, or take the line out of the settings.',
  }),
  PMTA_OVERLAY_REFUSED: row<{ path: string; problems: readonly string[] }>({
    exit: EXIT.found,
    message: ({ path, problems }) =>
      `The overlay ${path} cannot be merged into the PowerMTA configuration:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    hint: () => 'Correct or remove these lines, then run the same command again.',
  }),
  PMTA_OVERLAY_READABLE_BY_OTHERS: row<{ path: string; mode: string }>({
    exit: EXIT.usage,
    message: ({ path, mode }) => `The overlay ${path} holds passwords and other users can read it (mode ${mode}).`,
    hint: ({ path }) => `\`chmod 600 ${path}\`, then run the same command again.`,
  }),
  PMTA_CONFIG_NOT_FOUND: row<{ dir: string }>({
    exit: EXIT.usage,
    message: ({ dir }) => `${dir} has no PowerMTA configuration (a file named pmta-config or pmta-config-YYYYMMDD).`,
    hint: () => 'Set BACKUP_DIR to the backup set, and check it with `ee verify`.',
  }),
  PMTA_CONFIG_AMBIGUOUS: row<{ dir: string; files: readonly string[] }>({
    exit: EXIT.usage,
    message: ({ dir, files }) => `${dir} has several PowerMTA configurations: ${files.join(', ')}.`,
    hint: () => 'Leave the one to use there, and move the others away.',
  }),
} as const;

export type FailureCode = keyof typeof failures;
type Facts<Code extends FailureCode> = Parameters<(typeof failures)[Code]['message']>[0];

/** An expected failure: shown to the operator as a sentence and a next step, never as a stack trace. */
export class EeError<Code extends FailureCode = FailureCode> extends Error {
  override readonly name = 'EeError';
  readonly exit: Exit;
  readonly hint: string;

  constructor(
    readonly code: Code,
    readonly facts: Facts<Code>,
    options?: ErrorOptions & { readonly where?: string },
  ) {
    const failure = failures[code] as unknown as Failure<Facts<Code>>;
    super(`${options?.where ? `${options.where}: ` : ''}${failure.message(facts)}`, options);
    this.exit = failure.exit;
    this.hint = failure.hint(facts);
  }

  /** The same failure with the place where it came up: `vps2`. */
  at(where: string): EeError<Code> {
    return new EeError(this.code, this.facts, { cause: this, where });
  }
}
