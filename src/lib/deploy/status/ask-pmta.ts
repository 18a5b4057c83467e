import type { Said } from '../../pmta/live/said.js';
import type { Answers } from './proof.js';

/** Seconds that a command of `pmta` may take: what it does while pmtad is down is not documented. */
const PATIENCE = 5;
/** A section longer than this is cut: no more of it could be shown. */
const LINES_MOST = 200_000;

/**
 * Shell with the function `ask SECTION ARGUMENTS…`: runs `pmta ARGUMENTS…` and prints what it says as lines `SECTION<TAB>LINE`, and
 * its status as `rc:SECTION<TAB>STATUS`. Once a command had to be ended, no other is run: each would wait as long again.
 */
export const ASK_PMTA = `
hung=
ask() {
  section=$1; shift
  said=
  if [ -n "$hung" ]; then rc=skipped; else
    said=$(timeout -k 2 ${PATIENCE} pmta "$@" 2>&1); rc=$?
    case $rc in 124 | 137) hung=yes ;; esac
    printf '%s\\n' "$said" | section=$section awk 'NR <= ${LINES_MOST} { print ENVIRON["section"] "\\t" $0 }'
  fi
  printf 'rc:%s\\t%s\\n' "$section" "$rc"
}`;

/** What `ask SECTION …` got. */
export function saidOf(answers: Answers, section: string): Said {
  const status = answers.one(`rc:${section}`);
  return { text: answers.all(section).join('\n'), status: /^\d+$/.test(status) ? Number(status) : undefined };
}

/** The sections `PREFIX:NAME` that were asked, by their names. */
export function saidOfEach(answers: Answers, prefix: string): Map<string, Said> {
  const sections = answers.names().filter((name) => name.startsWith(`rc:${prefix}:`));
  return new Map(sections.map((name) => [name.slice(prefix.length + 4), saidOf(answers, name.slice(3))] as const));
}
