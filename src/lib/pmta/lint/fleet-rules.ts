import ipaddr from 'ipaddr.js';
import { folded, unquoted, type Line } from '../document.js';
import { wordsOf } from '../lines.js';
import type { Survey } from '../survey.js';
import { monitorAccess } from './monitor-access.js';
import { at, type Finding, type Rule } from './rule.js';

/** Where a virtual MTA may have its address from. */
const SOURCE_HOSTS = new Set(['smtp-source-host', 'smtp-proxy-source-host', 'auto-cold-virtual-mta', 'include']);

/** Rules about virtual MTAs as a whole: their addresses, and what their number makes of a limit. */
export const fleetRules: readonly Rule[] = [
  {
    code: 'vmta-without-source-host',
    severity: 'warning',
    why: 'A virtual MTA without an address of its own silently sends from the global one.',
    fix: 'Add `smtp-source-host IP HOST-NAME`.',
    evidence: 'guide',
    check: function* ({ blocksOf, inside }) {
      for (const { block, name } of blocksOf('virtual-mta')) {
        if (!inside(block).some(({ keyword }) => SOURCE_HOSTS.has(keyword)))
          yield at(block.open, block.name, `${name} has no smtp-source-host`);
      }
    },
  },
  {
    code: 'source-ip-shared',
    severity: 'info',
    why: 'Virtual MTAs with one address share its reputation, and each has limits of its own.',
    fix: 'Give each virtual MTA an address, if they are meant to be apart.',
    evidence: 'guide',
    check: function* ({ all, nameOf }) {
      const first = new Map<string, { owner: unknown; line: Line }>();
      for (const { scope, path, directive } of all('smtp-source-host')) {
        const [ip] = wordsOf(directive.value);
        if (scope !== 'virtual-mta' || !ip || !ipaddr.isValid(unquoted(ip.text))) continue;
        const address = ipaddr.parse(unquoted(ip.text)).toNormalizedString();
        const earlier = first.get(address);
        if (!earlier) first.set(address, { owner: path.at(-1), line: directive.line });
        else if (earlier.owner !== path.at(-1))
          yield at(directive.line, ip, `${ip.text} is also the address of the virtual MTA on ${nameOf(earlier.line)}`);
      }
    },
  },
  {
    code: 'throughput-multiplied',
    severity: 'info',
    why: 'A rate in <domain> holds for each queue, and each virtual MTA has a queue of its own for a domain.',
    fix: 'Divide the rate by the number of virtual MTAs, where it is meant for all of them together.',
    evidence: 'guide',
    check: multiplied,
  },
  {
    code: 'http-plus-root',
    severity: 'warning',
    why: 'The web monitor has had holes; with run-as-root, which is the default, one of them gives the whole host away.',
    fix: 'Set `run-as-root no`, and allow the loopback address only in http-access.',
    evidence: 'guide',
    check: function* (survey) {
      const { all, hasIncludes } = survey;
      const asUser = all('run-as-root').some(({ directive }) => /^"?(no|false)"?$/i.test(directive.value.text));
      if (asUser || (hasIncludes && all('run-as-root').length === 0)) return;
      for (const { line, address } of monitorAccess(survey)) {
        if (/^"?(127\.|::1)/.test(address.text)) continue;
        yield at(line, address, `the web monitor is open to ${address.text}, and PowerMTA runs as root`);
      }
    },
  },
];

/** The first limit of a domain at the top level that several virtual MTAs multiply; once for the whole configuration. */
function* multiplied({ blocksOf, statements }: Survey): Generator<Finding> {
  const count = blocksOf('virtual-mta').filter(({ name }) => !/-cold$/i.test(name)).length;
  if (count < 2) return;
  for (const { path, keyword, directive } of statements) {
    const [block] = path;
    if (keyword !== 'max-msg-rate' || path.length !== 1 || !block || folded(block.tag) !== 'domain') continue;
    const rate = /^"?([1-9]\d*)\/(\w+)"?$/.exec(directive.value.text);
    if (!rate) continue;
    const total = `${Number(rate[1]) * count}/${rate[2] ?? ''}`;
    const message = `${count} virtual MTAs make this ${total} in all; so with every rate in a <domain>`;
    yield at(directive.line, directive.value, message);
    return;
  }
}
