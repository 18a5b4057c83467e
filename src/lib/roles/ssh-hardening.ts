import { asking } from '../converge/asking.js';
import type { RootLogin } from '../converge/host-facts.js';
import type { Resource } from '../converge/resource.js';
import { file } from '../converge/resources/file.js';
import { quote } from '../ssh/shell-quote.js';
import { sshdChanges, sshdWanted, type SshdValues } from './sshd-strictness.js';
import { bareWord, render } from './template.js';

export const SSHD_FILE = '/etc/ssh/sshd_config.d/00-ee.conf';
const RELOAD = 'systemctl reload ssh 2>/dev/null || systemctl reload sshd';

/**
 * Prints what is in effect (`now KEYWORD VALUE`) and what the host would have without the file of `ee` (`own …`), which an earlier
 * version wrote and which therefore says nothing of the host. The file is hidden from that sshd alone, in a mount namespace of its
 * own; where the host does not allow one, what is in effect counts as the host's own, so that nothing gets looser for it. Blocks of
 * `Match` are left out, since they take precedence over what is written here. Where the run itself logs in as root, the host's own
 * PermitRootLogin for it, with those blocks, is printed as well (`login VALUE`).
 */
function sshdQuestion(rootLogin: RootLogin | undefined): string {
  return [
    'sshd=$(command -v sshd || echo /usr/sbin/sshd)',
    `ee_own() { if [ -e ${SSHD_FILE} ]; then unshare -m sh -c 'mount --bind /dev/null ${SSHD_FILE} && exec "$0" "$@"' "$sshd" -T "$@"; else "$sshd" -T "$@"; fi; }`,
    'now=$("$sshd" -T) || exit',
    'own=$(ee_own 2>/dev/null) || own=$now',
    `printf '%s\\n' "$now" | sed 's/^/now /'`,
    `printf '%s\\n' "$own" | sed 's/^/own /'`,
    ...(rootLogin === undefined
      ? []
      : [`ee_own -C ${quote(connectionOf(rootLogin))} 2>/dev/null | sed -n 's/^permitrootlogin /login /p'`]),
  ].join('\n');
}

const connectionOf = ({ clientAddress, hostAddress, port }: RootLogin): string =>
  `user=root,host=${clientAddress},addr=${clientAddress},laddr=${hostAddress},lport=${port}`;

/** Keys only, and never looser than the host is. Like the firewall it is taken back by the host itself unless a new login works. */
export function sshHardening(rootLogin: RootLogin | undefined): Resource {
  return asking(fileWith(new Map()), sshdQuestion(rootLogin), (answer, seen) => {
    const [effective, own] = [valuesOf(answer, 'now'), valuesOf(answer, 'own')];
    // Only the file of an earlier run lets this login in: what the host says without it would end it.
    if (/^login (no|forced-commands-only)$/m.test(answer.toString('utf8'))) own.delete('permitrootlogin');
    const change = fileWith(own).diff(seen);
    if (change === undefined) return undefined;
    const { tightened, kept } = sshdChanges(effective, own);
    const said = [
      ...(tightened.length > 0
        ? [`stricter: ${tightened.map(({ keyword, from, to }) => `${keyword} ${from} → ${to}`).join(', ')}`]
        : []),
      ...(kept.length > 0
        ? [`stricter on the host and kept: ${kept.map(({ keyword, value }) => `${keyword} ${value}`).join(', ')}`]
        : []),
    ];
    return said.length === 0 ? change : { ...change, summary: `${change.summary} (${said.join('; ')})` };
  });
}

const fileWith = (own: SshdValues): Resource =>
  file({
    path: SSHD_FILE,
    content: render('ssh/00-ee.conf', { settings: sshdWanted(own) }, bareWord),
    mode: '0644',
    verify: 'sshd -t',
    activate: RELOAD,
    guard: RELOAD,
  });

/** The values by keyword, of the lines that begin with `word`. */
function valuesOf(answer: Buffer, word: 'now' | 'own'): Map<string, string> {
  const lines = answer.toString('utf8').matchAll(/^(now|own) (\w+) (.*)$/gm);
  return new Map(
    [...lines].filter(([, first]) => first === word).map(([, , keyword = '', value = '']) => [keyword, value]),
  );
}
