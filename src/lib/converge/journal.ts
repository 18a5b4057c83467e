import { quote } from '../ssh/shell-quote.js';
import { BACKUPS, JOURNAL, STATE } from './paths.js';
import type { Change } from './resource.js';

/** One run of the tool on a host. `id` sorts by time and names the folder of the previous versions. */
export interface Run {
  readonly id: string;
  /** Who runs it: `alice@laptop`. */
  readonly by: string;
}

/** A name for a run, from the time and a few random letters: `20260216T031500Z-k3f9`. */
export function runId(now: Date, random: string): string {
  return `${now.toISOString().replace(/[-:]|\.\d+/g, '')}-${random}`;
}

/**
 * Shell that opens the state folder, sets `EE_BACKUP`, the folder for previous versions of this run, and has two functions. Neither follows
 * a link, nor what somebody who can write to the folder puts in the place of PATH meanwhile: root would copy, or give away, what is its own.
 *
 * `ee_keep PATH [tree]` puts a copy of what is there beside the journal, once a run: the first copy is the one to go back to. A folder is
 * copied only as `tree`, which must be one that only root can write to.
 * `ee_own OWNER:GROUP MODE PATH` gives a file or folder its owner and mode. A file with another name is left as it is: that may be root's.
 */
export function openState(run: Run): string {
  return [
    `mkdir -p -m 0700 ${STATE} ${BACKUPS}`,
    `EE_BACKUP=${BACKUPS}/${quote(run.id)}`,
    'ee_keep() {',
    '  [ -e "$1" ] || [ -L "$1" ] || return 0',
    '  [ ! -e "$EE_BACKUP$1" ] && [ ! -L "$EE_BACKUP$1" ] || return 0',
    '  mkdir -p -m 0700 "$EE_BACKUP"',
    '  (umask 077; mkdir -p "$EE_BACKUP${1%/*}")',
    // Half a copy must not pass for the previous version, also where the run is killed in it.
    '  rm -rf "$EE_BACKUP/.half"',
    '  if [ "${2-}" = tree ]; then ee_deep=-R; else ee_deep=-d; [ -f "$1" ] || [ -L "$1" ] || { echo "$1 is neither a file nor a link"; return 1; }; fi',
    '  cp -d --preserve=all "$ee_deep" "$1" "$EE_BACKUP/.half" && mv -T "$EE_BACKUP/.half" "$EE_BACKUP$1" || { rm -rf "$EE_BACKUP/.half"; return 1; }',
    '}',
    'ee_own() {',
    `  perl -MFcntl -e '${OWN}' "$@"`,
    '}',
  ].join('\n');
}

/** Perl: what is opened without following a link is what is changed, whatever its path leads to by then. */
const OWN = `my ($owner, $mode, $path) = @ARGV; my ($user, $group) = split /:/, $owner;
    my ($uid, $gid) = (scalar getpwnam $user, scalar getgrnam $group);
    defined $uid && defined $gid or die "$owner: no such user or group\\n";
    sysopen my $it, $path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK or die "$path: $!\\n";
    die "$path: it has other names as well\\n" if -f $it && (stat _)[3] > 1;
    chown $uid, $gid, $it or die "$path: $!\\n"; chmod oct $mode, $it or die "$path: $!\\n"`;

/** Shell that writes one change into the journal. The summary was made for the operator's eyes and holds no secret; nor do `facts`. */
export function journalLine(run: Run, change: Change, facts: Readonly<Record<string, string>> = {}): string {
  const { id, action, summary } = change;
  const entry = JSON.stringify({ run: run.id, by: run.by, id, action, summary, ...facts });
  return `printf '%s,"at":"%s"}\\n' ${quote(entry.slice(0, -1))} "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >> ${JOURNAL}`;
}
