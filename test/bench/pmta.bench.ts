import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, bench, describe } from 'vitest';
import { adapt } from '../../src/lib/pmta/adapt.js';
import { loadCatalogue } from '../../src/lib/pmta/catalogue.js';
import { printDocument } from '../../src/lib/pmta/document.js';
import { lint } from '../../src/lib/pmta/lint.js';
import { parseDocument } from '../../src/lib/pmta/parse.js';
import { planFor as planOf, twoIps } from '../unit/pmta/two-ips.js';

const catalogue = loadCatalogue();
const original = Buffer.from(twoIps(), 'latin1');
const folder = mkdtempSync(join(tmpdir(), 'ee-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A plan for up to 64,000 identities: 10.0.0.1… */
function planFor(count: number): ReturnType<typeof planOf> {
  const plan = planOf(count);
  const ip = (index: number): string => `10.0.${Math.floor(index / 250)}.${(index % 250) + 1}`;
  return { ...plan, identities: plan.identities.map((identity) => ({ ...identity, ip: ip(identity.index) })) };
}

describe.each([10, 100, 1000])('a configuration for %i IPs', (count) => {
  const plan = planFor(count);
  const rendered = printDocument(adapt(parseDocument(original), plan).document);
  const document = parseDocument(rendered);
  const file = join(folder, `${count}.conf`);
  writeFileSync(file, rendered);

  bench('parse', () => void parseDocument(rendered));
  bench('check', () => void lint(document, catalogue));
  bench(
    'render: read the backup, adapt, print',
    () => void printDocument(adapt(parseDocument(original), plan).document),
  );
  bench(
    'what an operator types: sed that replaces one address in it',
    async () => void (await execa('sed', ['s/203\\.0\\.113\\.21/192.0.2.1/g', file])),
    { time: 200, warmupTime: 20 },
  );
});

describe('a file of 1 MB', () => {
  const times = Math.ceil(1e6 / original.length);
  const large = Buffer.concat(Array.from({ length: times }, () => original));
  bench('parse', () => void parseDocument(large));
});
