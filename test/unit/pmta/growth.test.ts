import { growthOf, LINEAR } from '../../support/operations.js';
import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { explain } from '../../../src/lib/pmta/explain.js';
import { parseText } from '../../../src/lib/pmta/parse.js';

const catalogue = loadCatalogue();

/** What asking about a domain costs for 4 times as many lines. */
const growthOfExplain = (text: (n: number) => string, question = { domain: 'x.com', virtualMta: 'v' }): number =>
  growthOf(200, (n) => {
    const document = parseText(text(n));
    return () => explain(document, catalogue, question);
  });

const lines = (n: number, line: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => `${line(i)}\n`).join('');
const block = (tag: string, ...body: string[]): string =>
  `<${tag}>\n${body.join('\n')}\n</${tag.split(' ')[0] ?? ''}>\n`;
const V = block('virtual-mta v', ' smtp-source-host 192.0.2.1 a.example');

describe('asking what holds for a domain grows with the configuration alone', () => {
  it.each<[string, (n: number) => string]>([
    ['equal domains', (n) => V + lines(n, () => block('domain x.com', ' max-smtp-out 2'))],
    ['domains with values of their own', (n) => V + lines(n, (i) => block('domain x.com', ` max-smtp-out ${i}`))],
    ['domains of a macro', (n) => `${V}domain-macro m x.com\n${lines(n, () => block('domain $m', ' max-smtp-out 2'))}`],
    [
      'one macro with many members',
      (n) => `${V}domain-macro m ${lines(n, (i) => `x${i}.com,`)}x.com\n<domain $m>\n</domain>\n`,
    ],
    [
      'macros that no domain names',
      (n) => V + lines(n, (i) => `domain-macro m${i} a.example`) + block('domain x.com', ' max-smtp-out 2'),
    ],
    [
      'domains in a pool',
      (n) =>
        V +
        block(
          'virtual-mta-pool p',
          ' virtual-mta v',
          lines(n, () => block('domain x.com', ' max-smtp-out 2')),
        ),
    ],
    [
      'pools',
      (n) =>
        V +
        lines(n, (i) => block(`virtual-mta-pool p${i}`, ' virtual-mta v', block('domain x.com', ' max-smtp-out 2'))),
    ],
    [
      'members of a pool',
      (n) =>
        V +
        block(
          'virtual-mta-pool p',
          lines(n, () => ' virtual-mta v'),
          block('domain x.com', ' max-smtp-out 2'),
        ),
    ],
    [
      'lists of replies',
      (n) =>
        V +
        block('domain x.com', ' smtp-pattern-list l') +
        lines(n, () => block('smtp-pattern-list l', ' reply /x/ mode=backoff')),
    ],
    ['domains that are nearly meant', (n) => V + lines(n, (i) => block(`domain x${i}.co`, ' max-smtp-out 2'))],
    ['one long name that is nearly meant', (n) => V + block(`domain x.com${'m'.repeat(n)}`, ' max-smtp-out 2')],
  ])('%s', (_, text) => {
    expect(growthOfExplain(text)).toBeLessThan(LINEAR);
  });
});
