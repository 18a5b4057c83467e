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

/** Shell that opens the state folder and sets `EE_BACKUP`, the folder for previous versions of this run. */
export function openState(run: Run): string {
  return [
    `mkdir -p -m 0700 ${STATE} ${BACKUPS}`,
    `EE_BACKUP=${BACKUPS}/${quote(run.id)}`,
    // `ee_keep PATH` puts a copy of what is there beside the journal, once a run: the first copy is the one to go back to.
    'ee_keep() {',
    '  [ -e "$1" ] || [ -L "$1" ] || return 0',
    '  [ ! -e "$EE_BACKUP$1" ] && [ ! -L "$EE_BACKUP$1" ] || return 0',
    '  mkdir -p -m 0700 "$EE_BACKUP"',
    '  (umask 077; mkdir -p "$EE_BACKUP${1%/*}")',
    // Half a copy must not pass for the previous version, also where the run is killed in it.
    '  rm -rf "$EE_BACKUP/.half"',
    '  cp -a "$1" "$EE_BACKUP/.half" && mv -T "$EE_BACKUP/.half" "$EE_BACKUP$1" || { rm -rf "$EE_BACKUP/.half"; return 1; }',
    '}',
  ].join('\n');
}

/** Shell that writes one change into the journal. The summary was made for the operator's eyes and holds no secret; nor do `facts`. */
export function journalLine(run: Run, change: Change, facts: Readonly<Record<string, string>> = {}): string {
  const { id, action, summary } = change;
  const entry = JSON.stringify({ run: run.id, by: run.by, id, action, summary, ...facts });
  return `printf '%s,"at":"%s"}\\n' ${quote(entry.slice(0, -1))} "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >> ${JOURNAL}`;
}
