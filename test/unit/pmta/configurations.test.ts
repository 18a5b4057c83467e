import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/lib/package-root.js';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { printDocument } from '../../../src/lib/pmta/document.js';
import { fixed } from '../../../src/lib/pmta/fix.js';
import { lint } from '../../../src/lib/pmta/lint.js';
import { parseDocument } from '../../../src/lib/pmta/parse.js';

const FOLDER = join(packageRoot(), 'test/unit/pmta/configurations');
const catalogue = loadCatalogue();

/** What is found in each file, as `line code`; in the order of the file. */
const EXPECTED = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as Record<string, string[]>;
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.conf'));

const found = (bytes: Uint8Array): string[] =>
  lint(parseDocument(bytes), catalogue).map(({ line, code }) => `${line} ${code}`);

/** A configuration of N virtual MTAs in one pool, each with its key and its sender. */
function fleet(count: number): string {
  const names = Array.from({ length: count }, (_, at) => `v${at + 1}`);
  return [
    'log-file /var/log/pmta/log\npostmaster a@example.com\nrun-as-root no',
    ...names.map(
      (name, at) =>
        `<virtual-mta ${name}>\nsmtp-source-host 198.51.100.${at + 1} ${name}.example.com\ndomain-key k,${name}.example.com,/k/${name}.pem\n</virtual-mta>`,
    ),
    `<virtual-mta-pool p>\n${names.map((name) => `virtual-mta ${name}`).join('\n')}\n</virtual-mta-pool>`,
    `<pattern-list s>\n${names.map((name) => `mail-from /@${name}\\.example\\.com$/ virtual-mta=${name}`).join('\n')}\n</pattern-list>`,
    '<source {pmta-auth}>\nrequire-auth true\npattern-list s\ndefault-virtual-mta p\n</source>',
    '<domain *>\ndkim-sign yes\nmax-smtp-out 2\n</domain>\n',
  ].join('\n');
}

describe('the configurations', () => {
  it('each have what is expected of them', () => {
    expect(NAMES.sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it.each(NAMES)('%s: what is found is what is there, and no byte is lost', (name) => {
    const bytes = readFileSync(join(FOLDER, name));
    expect(printDocument(parseDocument(bytes)).equals(bytes)).toBe(true);
    expect(found(bytes)).toEqual(EXPECTED[name]);
    const once = fixed(parseDocument(bytes), catalogue).text;
    expect(fixed(parseDocument(Buffer.from(once, 'latin1')), catalogue)).toEqual({ text: once, repaired: [] });
  });

  it.each([1, 2, 3, 5, 10, 25, 50, 100])('a fleet of %i addresses is without a finding, also with CRLF', (count) => {
    const text = fleet(count);
    for (const one of [text, text.replaceAll('\n', '\r\n'), text.trimEnd()])
      expect(found(Buffer.from(one))).toEqual([]);
  });

  it.each([2, 5, 100])('a fleet of %i addresses with one of them gone leaves two names that dangle', (count) => {
    const text = fleet(count).replace(/<virtual-mta v2>\n[^]*?<\/virtual-mta>\n/, '');
    expect(found(Buffer.from(text)).map((one) => one.split(' ')[1])).toEqual([
      'pool-member-undefined',
      'ref-undefined',
    ]);
  });
});
