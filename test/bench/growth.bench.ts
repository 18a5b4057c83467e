import { afterAll, bench, describe } from 'vitest';
import { ArchiveContents } from '../../src/lib/backup/application.js';
import type { LedgerEvent } from '../../src/lib/dkim/ledger/event.js';
import { foldLedger } from '../../src/lib/dkim/ledger/fold.js';
import { complaintsIn } from '../../src/lib/mailwizz/page.js';
import { columnsOf } from '../../src/lib/mailwizz/schema.js';
import { loadCatalogue } from '../../src/lib/pmta/catalogue.js';
import { explain } from '../../src/lib/pmta/explain.js';
import { lint } from '../../src/lib/pmta/lint.js';
import { parseText } from '../../src/lib/pmta/parse.js';
import { heldBy } from '../support/memory.js';

/*
 * What is large costs in proportion: each case for n and for 4n. The report says how many times faster n is than 4n, which is 4 for what is
 * linear. That it is so is proven by counts in the unit tests; here are the seconds.
 */

const catalogue = loadCatalogue();
const ONCE = { iterations: 3, time: 0, warmupIterations: 1, warmupTime: 0 };
const times = (n: number, text: (i: number) => string): string => Array.from({ length: n }, (_, i) => text(i)).join('');

/** The ledger of a domain that had n keys. */
function ledger(n: number): LedgerEvent[] {
  const line = { at: '2026-01-01T00:00:00Z', by: 'a', run: 'r', fingerprint: 'f', made: '2026-01-01T00:00:00Z' };
  return Array.from({ length: n }, (_, i) => ({ ...line, event: i === 0 ? 'began' : 'recovered', selector: `s${i}` }));
}

const cases: readonly (readonly [name: string, n: number, prepare: (n: number) => () => unknown])[] = [
  [
    'equal domains, explained',
    8_000,
    (n) => {
      const document = parseText(times(n, () => '<domain x.com>\n max-smtp-out 2\n</domain>\n'));
      return () => explain(document, catalogue, { domain: 'x.com' });
    },
  ],
  [
    'lists of replies, checked',
    8_000,
    (n) => {
      const text = times(n, (i) => `<smtp-pattern-list l${i}>\n reply /x/ mode=backoff\n</smtp-pattern-list>\n`);
      const document = parseText(text);
      return () => lint(document, catalogue);
    },
  ],
  [
    'complaints in a page, of 24 bytes each',
    5_000,
    (n) => {
      const page = '<p class="errorMessage">'.repeat(n);
      return () => complaintsIn(page);
    },
  ],
  [
    'line feeds in the schema',
    40_000,
    (n) => {
      const schema = `CREATE TABLE \`a\` (\n${'\n'.repeat(n)}KEY\n);\n`;
      return () => columnsOf(schema);
    },
  ],
  [
    'keys in a ledger',
    4_000,
    (n) => {
      const events = ledger(n);
      return () => foldLedger('example.com', events);
    },
  ],
  ['members with names of 1,000 bytes', 30_000, (n) => () => archiveOf(n)],
];

function archiveOf(n: number): ArchiveContents {
  const contents = new ArchiveContents();
  const rest = 'x'.repeat(1000);
  for (let i = 0; i < n; i++) {
    const name = `${i}${rest}`.slice(0, 1000);
    contents.member({ name, kind: 'file', type: '0', mode: 0o644, size: 0, linkTarget: '' });
  }
  return contents;
}

describe.each(cases)('%s', (_, n, prepare) => {
  for (const count of [n, 4 * n]) {
    const work = prepare(count);
    bench(`${count}`, () => void work(), ONCE);
  }
});

afterAll(() => {
  const [few, many] = [120_000, 480_000].map((n) => heldBy(() => archiveOf(n)));
  const megabytes = (bytes = 0): string => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(`held of 120,000 members with names of 1,000 bytes: ${megabytes(few)}; of 480,000: ${megabytes(many)}`);
});
