export const FIREWALL_FILE = '/etc/nftables.conf';

/**
 * Shell functions. `ee_table` lists our table as it is, and `ee_declared` as the file declares it, loaded for that into a network
 * namespace of its own, where it meets no packet. Both are the words of the same nft, so that they differ in rules alone: counters
 * and what the kernel puts into sets are left out. `ee_as_declared` succeeds while they are the same; where the host allows no such
 * namespace, while the table is there and drops.
 */
export const TABLE_FUNCTIONS = `ee_table() { nft -s -t list table inet ee 2>/dev/null; }
ee_declared() { unshare -n sh -c 'nft -f ${FIREWALL_FILE} && nft -s -t list table inet ee' 2>/dev/null; }
ee_as_declared() {
  ee_is=$(ee_table) || return 1
  if ee_should=$(ee_declared); then [ "$ee_is" = "$ee_should" ]
  else nft list chain inet ee input 2>/dev/null | grep -q 'policy drop'; fi
}`;

/** Shell that prints both listings where there are both, each line after `is ` or `should `. */
export const TABLE_QUESTION = `${TABLE_FUNCTIONS}
if ee_is=$(ee_table) && [ -e ${FIREWALL_FILE} ] && ee_should=$(ee_declared) && [ "$ee_is" != "$ee_should" ]; then
  printf '%s\\n' "$ee_is" | sed 's/^/is /'
  printf '%s\\n' "$ee_should" | sed 's/^/should /'
fi`;

/** Shell that keeps our table as it is beside the journal: `nft -f` brings it back. */
export const KEEP_TABLE = `mkdir -p -m 0700 "$EE_BACKUP"
if [ ! -e "$EE_BACKUP/table-inet-ee.nft" ]; then
  if nft list table inet ee > "$EE_BACKUP/.half" 2>/dev/null; then mv -T "$EE_BACKUP/.half" "$EE_BACKUP/table-inet-ee.nft"; else rm -f "$EE_BACKUP/.half"; fi
fi`;

/** How our table differs from what was declared: rules, each with its chain. */
export interface TableDifference {
  /** In the table, and not declared. */
  readonly foreign: readonly string[];
  /** Declared, and not in the table. */
  readonly missing: readonly string[];
  /** The same rules, in another order. */
  readonly reordered: boolean;
}

/** Reads the answer to `TABLE_QUESTION`; nothing where the table is as declared, is absent, or cannot be compared. */
export function tableDifference(answer: string): TableDifference | undefined {
  const [is, should] = [rulesOf(answer, 'is '), rulesOf(answer, 'should ')];
  if (is.length === 0 && should.length === 0) return undefined;
  const [foreign, missing] = [without(is, should), without(should, is)];
  return { foreign, missing, reordered: foreign.length === 0 && missing.length === 0 };
}

/** `RULE in CHAIN` of each line of a listing. */
function rulesOf(answer: string, prefix: string): string[] {
  let block = '';
  return answer.split('\n').flatMap((line) => {
    if (!line.startsWith(prefix)) return [];
    const text = line.slice(prefix.length).trim();
    const opened = /^(?:chain|set|map|flowtable|ct \w+|counter|quota|limit|secmark|synproxy) \S+(?= \{$)/.exec(text);
    if (opened) block = opened[0];
    if (text === '' || text === '}' || /^table \S+ \S+ \{/.test(text)) return [];
    return [opened ? block : `${text} in ${block}`];
  });
}

/** The members of a list that another has not, or not as often. */
function without(list: readonly string[], other: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const one of other) left.set(one, (left.get(one) ?? 0) + 1);
  return list.filter((one) => {
    const count = left.get(one) ?? 0;
    left.set(one, count - 1);
    return count <= 0;
  });
}

/** Rules of each kind that a summary names. */
const NAMED = 5;

/** What becomes of the table, for the plan: `goes, as it is not declared: tcp dport 4444 accept in chain input`. */
export function sayTable({ foreign, missing, reordered }: TableDifference): string {
  return [
    ...(foreign.length > 0 ? [`goes, as it is not declared: ${named(foreign)}`] : []),
    ...(missing.length > 0 ? [`comes back: ${named(missing)}`] : []),
    ...(reordered ? ['rules return to their order'] : []),
  ].join('; ');
}

const named = (rules: readonly string[]): string =>
  `${rules.slice(0, NAMED).join(', ')}${rules.length > NAMED ? ` and ${rules.length - NAMED} more` : ''}`;
