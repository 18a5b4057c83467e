import { virtualMtaName } from '../../pmta/adapt/plan.js';
import type { Settings } from '../../settings/settings.js';
import { quote } from '../../ssh/shell-quote.js';
import { ASK_PMTA } from '../status/ask-pmta.js';
import { unitQuestions } from '../status/proof.js';

/** More queues than this are not read: `topqueues` gives the fullest. */
export const QUEUES_MOST = 5000;

/** Which part of what PowerMTA tells is wanted. */
export interface View {
  /** How many queues are shown. */
  readonly queues: number;
  /** Only queues of these domains: `*` and `?` as in file names. */
  readonly domain?: string | undefined;
  readonly virtualMta?: string | undefined;
}

/** Ranks queues as `worstFirst` does, and prints their names. */
const WORST_FIRST = `
match($0, /^queue\\[[0-9]+\\]\\./) {
  id = substr($0, 1, RLENGTH); rest = substr($0, RLENGTH + 1); equals = index(rest, "=\\"")
  key = substr(rest, 1, equals - 1); value = substr(rest, equals + 2, length(rest) - equals - 2)
  if (key == "name") name[id] = value
  if (key == "rcp") recipients[id] = value
  if (key == "mode" && value ~ /^backoff/) backoff[id] = 1
  if (key == "paused" && value ~ /^(yes|true|1|paused)$/) paused[id] = 1
  if (key ~ /^event|^lastError$/ && value != "") failed[id] = 1
}
END {
  for (id in name) {
    rank = id in backoff ? 0 : id in paused ? 1 : id in failed ? 2 : 3
    print rank "\\t" recipients[id] + 0 "\\t" name[id]
  }
}`;

/**
 * One script that asks a host all about its PowerMTA. `withSources` asks each virtual MTA for its address: a command each, which
 * need not be repeated every few seconds.
 */
export function pmtaQuestions({ sending }: Settings, view: View, { withSources }: { withSources: boolean }): string {
  const expected = sending.identities.map(virtualMtaName).join(' ');
  return [
    unitQuestions(['pmta', 'pmtahttp']),
    'set -f',
    ASK_PMTA,
    'ask status --dom show status',
    // A server that does not tell its status tells nothing else; asking on would only take time.
    'case $said in *status.status=*) ;; *) hung=yes ;; esac',
    'ask version show version',
    'ask license --dom show license',
    'ask disabled --dom show disabled sources',
    'ask vmtas --dom show vmtas',
    ...(withSources ? [sourceQuestions(expected)] : []),
    `ask topqueues --dom show topqueues --maxitems=${QUEUES_MOST} --errors`,
    // --maxitems and --errors are known from practice alone.
    `case $said in *'queue['*) ;; *) ask queues --dom show queues ;; esac`,
    limitQuestions(view),
    ':',
  ].join('\n');
}

function sourceQuestions(expected: string): string {
  return [
    `names=$(printf '%s\\n' "$said" | sed -n 's/^vmta\\[[0-9]*\\]\\.name="\\([^-"][^"]*\\)"$/\\1/p')`,
    `for name in \${names:-${expected}}; do ask "vmta:$name" --dom show vmta-settings "$name"; done`,
  ].join('\n');
}

function limitQuestions({ queues, domain, virtualMta }: View): string {
  const wanted = `${glob(domain)}/${virtualMta === undefined ? '*' : quote(virtualMta)}`;
  return [
    `printf '%s\\n' "$said" | awk ${quote(WORST_FIRST)} | sort -k1,1n -k2,2nr | cut -f3- | while read -r name; do`,
    `  case $name in -*) ;; ${wanted}) printf '%s\\n' "$name" ;; esac`,
    `done | head -n ${queues} | while read -r name; do ask "limits:$name" --dom show settings "$name"; done`,
  ].join('\n');
}

/** A pattern of the shell in which only `*` and `?` are more than themselves. */
function glob(pattern = '*'): string {
  return pattern
    .split(/([*?])/)
    .map((part) => (part === '*' || part === '?' ? part : part && quote(part)))
    .join('');
}
