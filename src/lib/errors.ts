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
interface Failure<Facts> {
  exit: Exit;
  message: (facts: Facts) => string;
  hint: (facts: Facts) => string;
}

const row = <Facts>(failure: Failure<Facts>): Failure<Facts> => failure;

const failures = {
  // settings
  SETTINGS_NOT_FOUND: row<{ looked: string }>({
    exit: EXIT.usage,
    message: ({ looked }) => `No settings file: ${looked} does not exist.`,
    hint: () => 'Run `ee init` to write one, or name it with --env-file PATH.',
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
    hint: ({ file }) => `Correct ${file}; .env.production.example describes every setting.`,
  }),

  // usage
  USAGE: row<{ message: string; hint: string }>({
    exit: EXIT.usage,
    message: ({ message }) => message,
    hint: ({ hint }) => hint,
  }),

  DECLINED: row<{ question: string }>({
    exit: EXIT.failed,
    message: ({ question }) => `Not done, as you wished: ${question}`,
    hint: () => 'Nothing was changed.',
  }),

  // ssh
  SSH_UNREACHABLE: row<{ host: string; address: string; port: number; reason: string }>({
    exit: EXIT.unreachable,
    message: ({ host, address, port, reason }) => `${host} (${address}, port ${port}) cannot be reached: ${reason}.`,
    hint: ({ address, port }) => `Try \`ssh -p ${port} ${address}\`; check the address, the firewall and that the host is up.`,
  }),
  SSH_AUTHENTICATION: row<{ host: string; address: string; user: string; tried: string }>({
    exit: EXIT.unreachable,
    message: ({ host, address, user, tried }) => `${host} (${address}) refused the login of ${user}; tried ${tried}.`,
    hint: ({ user, address }) => `Set SSH_KEY or load the key in your agent, and prove it with \`ssh ${user}@${address}\`.`,
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
    hint: () => "Compare it with the key in the provider's console; if it is right, run again with --accept-new-host-key.",
  }),
  SSH_LOST: row<{ host: string; during: string }>({
    exit: EXIT.unreachable,
    message: ({ host, during }) => `The connection to ${host} was lost during ${during}.`,
    hint: () => 'Run the same command again: it continues where this one stopped.',
  }),
  SSH_SUDO: row<{ host: string; user: string; reason: string }>({
    exit: EXIT.unreachable,
    message: ({ host, user, reason }) => `${user} on ${host} cannot become root with sudo: ${reason}.`,
    hint: ({ user }) => `Allow it without a password (\`${user} ALL=(ALL) NOPASSWD: ALL\` in /etc/sudoers.d), or log in as root.`,
  }),
  REMOTE_FAILED: row<{ host: string; step: string; status: string; output: string }>({
    exit: EXIT.failed,
    message: ({ host, step, status, output }) =>
      `${host}: ${step} failed (${status}).${output ? `\nIts last lines:\n${output.replace(/^/gm, '  | ')}` : ''}`,
    hint: () => 'Mend what the lines say and run the same command again: what is done already is kept.',
  }),
  REMOTE_TIMEOUT: row<{ host: string; step: string; seconds: number }>({
    exit: EXIT.failed,
    message: ({ host, step, seconds }) => `${host}: ${step} gave no result within ${seconds} s and was stopped.`,
    hint: () => 'Look at the host; then run the same command again: what is done already is kept.',
  }),
  LOCKED: row<{ host: string; holder: string }>({
    exit: EXIT.locked,
    message: ({ host, holder }) => `Another run is working on ${host}: ${holder}.`,
    hint: () => 'Wait for it to end. The lock goes by itself when that run ends or its connection breaks.',
  }),
  INTERRUPTED: row<{ during: string }>({
    exit: EXIT.interrupted,
    message: ({ during }) => `Interrupted during ${during}.`,
    hint: () => 'Run the same command again: it continues where this one stopped.',
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
    options?: ErrorOptions,
  ) {
    const failure = failures[code] as unknown as Failure<Facts<Code>>;
    super(failure.message(facts), options);
    this.exit = failure.exit;
    this.hint = failure.hint(facts);
  }
}
