import { growthOf, LINEAR } from '../../support/operations.js';
import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import type { Document } from '../../../src/lib/pmta/document.js';
import { explain } from '../../../src/lib/pmta/explain.js';
import { fixed } from '../../../src/lib/pmta/fix.js';
import { comparedPairs } from '../../../src/lib/pmta/host/compared-pairs.js';
import { lint } from '../../../src/lib/pmta/lint.js';
import type { HostFacts } from '../../../src/lib/pmta/lint/host-facts.js';
import type { Target } from '../../../src/lib/pmta/lint/rule.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { senderRoutes, virtualMtaFor } from '../../../src/lib/pmta/senders.js';
import { showProblems } from '../../../src/lib/pmta/show-problems.js';

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

describe('checking grows with the configuration alone', () => {
  const LISTENERS = Array.from({ length: 50 }, (_, port) => ({ port: port + 1, address: '192.0.2.1' }));
  const host = (n: number): HostFacts => ({
    localAddresses: Array.from({ length: n }, (_, i) => `2001:db8::${i.toString(16)}`),
    portsInUse: LISTENERS,
    existingKeys: Array.from({ length: n }, (_, i) => `/etc/pmta/keys/${i}.pem`),
    readableKeys: Array.from({ length: n }, (_, i) => `/etc/pmta/keys/${i}.pem`),
    worldReadable: Array.from({ length: n }, (_, i) => `config${i}`),
  });
  const ofLint = (text: (n: number) => string, least: number, target: Target = '5.0'): number =>
    growthOf(least, (n) => {
      const document = parseText(text(n));
      const options = { target, host: host(n) };
      return () => lint(document, catalogue, options);
    });

  it.each<[string, (n: number) => string, number?]>([
    ['lists of replies', (n) => lines(n, (i) => block(`smtp-pattern-list l${i}`, ' reply /x/ mode=backoff')), 600],
    [
      'rules of a list of replies',
      (n) =>
        block(
          'smtp-pattern-list l',
          lines(n, () => ' reply /x/ mode=backoff'),
        ),
    ],
    [
      'keys for all',
      (n) =>
        block(
          'domain *',
          lines(n, (i) => ` domain-key s${i},*,/etc/pmta/keys/${i}.pem`),
        ),
    ],
    [
      'cold virtual MTAs',
      (n) =>
        lines(n, (i) =>
          block(`virtual-mta v${i}`, block('domain *', ' max-cold-virtual-mta-msg 5', ' cold-virtual-mta c')),
        ),
      400,
    ],
    [
      'open sources',
      (n) =>
        lines(
          n,
          (i) =>
            block(`source {s${i}}`, ' always-allow-relaying yes', ' require-auth yes') +
            `smtp-listener 192.0.2.1:25 source={s${i}}`,
        ),
    ],
    [
      'old names',
      (n) =>
        block(
          'domain x.com',
          lines(n, () => ' max-msg-per-hour 5'),
        ),
      600,
    ],
    ['several names', (n) => lines(n, () => block('domain a.com, b.com', ' max-smtp-out 2')), 600],
    [
      'several names in a virtual MTA',
      (n) =>
        block(
          'virtual-mta v',
          lines(n, () => block('domain a.com, b.com', ' max-smtp-out 2')),
        ),
      600,
    ],
    ['macros, each in the next one', (n) => lines(n, (i) => `domain-macro m${i} $m${i + 1}`)],
    ['macros, each in the one before', (n) => lines(n, (i) => `domain-macro m${i + 1} $m${i}`)],
    ['macros in a circle', (n) => lines(n, (i) => `domain-macro m${i} $m${(i + 1) % n}`)],
    ['one list of a macro', (n) => `domain-macro m ${lines(n, (i) => `x${i},`)}x.com`],
    [
      'addresses',
      (n) => lines(n, (i) => block(`virtual-mta v${i}`, ` smtp-source-host 2001:db8::${i.toString(16)} a.example`)),
    ],
    ['networks', (n) => lines(n, () => block('virtual-mta v', ' smtp-source-host 2001:db8:1::/64 a.example'))],
    ['missing keys', (n) => lines(n, (i) => `domain-key a,b,/none/${i}.pem`)],
    ['comments that suppress', (n) => lines(n, () => 'max-smtp-out 0 # ee-ignore unknown-directive-for-scope')],
    [
      'comments that suppress for the file',
      (n) => lines(n, () => 'nonsense 1 # ee-ignore-file unknown-directive-for-scope'),
    ],
    ['one comment that suppresses', (n) => `nonsense 1 # ee-ignore ${'value-form '.repeat(n)}\n`, 1000],
    [
      'actions of one entry',
      (n) => block('smtp-pattern-list l', ` reply /x/ ${Array.from({ length: n }, (_, i) => `a${i}`).join(',')}`),
    ],
    ['unclosed blocks', (n) => lines(n, () => '<domain *>')],
    ['blocks in blocks', (n) => lines(n, () => '<a>')],
    ['braces', (n) => `x ${'{'.repeat(n)}\n`],
    ['marks of a placeholder', (n) => `x ${'${'.repeat(n)}\n`],
    ['digits in the place of an address', (n) => block('virtual-mta v', ` smtp-source-host ${'1'.repeat(n)}x a`)],
    ['an old form of a cold virtual MTA', (n) => block('domain *', ` cold-virtual-mta ${'1'.repeat(n)}x a`)],
    ['dots after a macro', (n) => `domain-macro m\n${'.'.repeat(n)} x\n`, 1000],
    ['options of an expression', (n) => block('smtp-pattern-list l', ` reply /(?${'i'.repeat(n)}/ mode=backoff`)],
    [
      'virtual MTAs in pools',
      (n) =>
        lines(n, (i) => `<virtual-mta v${i}>\n</virtual-mta>`) +
        block(
          'virtual-mta-pool p',
          lines(n, (i) => ` virtual-mta v${i}`),
        ),
    ],
    ['users and sources', (n) => lines(n, (i) => block(`smtp-user u${i}`, ' password x', ` source {s${i}}`))],
  ])('%s', (_, text, n = 150) => {
    expect(ofLint(text, n)).toBeLessThan(LINEAR);
    if (text(1).includes('cold')) expect(ofLint(text, n, '4.5')).toBeLessThan(LINEAR);
  });
});

describe('other work on a configuration grows with it alone', () => {
  const growth = (text: (n: number) => string, work: (document: Document) => unknown): number =>
    growthOf(150, (n) => {
      const document = parseText(text(n));
      return () => work(document);
    });

  it('repairing', () => {
    const several = (n: number): string => lines(n, () => block('domain a.com, b.com', ' max-smtp-out 2'));
    expect(
      growth(
        (n) => block('virtual-mta v', several(n)),
        (document) => fixed(document, catalogue),
      ),
    ).toBeLessThan(LINEAR);
    expect(growth(several, (document) => fixed(document, catalogue))).toBeLessThan(LINEAR);
  });

  it('showing many problems of one line', () => {
    const shown = growthOf(150, (n) => {
      const bytes = Buffer.from(block('domain *', ` x ${Array.from({ length: n }, (_, i) => `$a${i}`).join(',')}`));
      const problems = Array.from({ length: n }, (_, i) => ({
        ...PROBLEM,
        line: 2,
        column: 4 + 3 * i,
        endColumn: 6 + 3 * i,
      }));
      return () => showProblems('config', bytes, problems);
    });
    expect(shown).toBeLessThan(LINEAR);
  });

  it('sending senders on their way', () => {
    const senders = growthOf(150, (n) => {
      const text = block(
        'pattern-list s',
        lines(n, (i) => `mail-from /@m${i}\\.example$/ virtual-mta=v${i}`),
      );
      return () => {
        const routes = senderRoutes(parseText(text), 's');
        for (let i = 0; i < n; i++) virtualMtaFor(routes, `x@m${i}.example`);
      };
    });
    expect(senders).toBeLessThan(LINEAR);
  });

  it('choosing what is compared on the host', () => {
    const text = (n: number): string =>
      lines(n, (i) => `<virtual-mta v${i}>\n<domain *>\n</domain>\n</virtual-mta>\n<domain x${i}.com>\n</domain>`);
    expect(growth(text, (document) => comparedPairs(document, document))).toBeLessThan(LINEAR);
  });
});

const PROBLEM = { severity: 'error', code: 'macro-undefined', message: 'x', fix: 'x', fixable: false } as const;
