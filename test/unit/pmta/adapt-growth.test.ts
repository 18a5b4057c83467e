import { growthOf, LINEAR } from '../../support/operations.js';
import { describe, expect, it } from 'vitest';
import { adapt } from '../../../src/lib/pmta/adapt.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { planFor } from './two-ips.js';

const lines = (n: number, line: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => `${line(i)}\n`).join('');
const vmta = (i: number, ...body: string[]): string =>
  `<virtual-mta v${i}>\nsmtp-source-host 10.${i >> 16}.${(i >> 8) & 255}.${i & 255} v${i}.example\n${body.join('\n')}\n</virtual-mta>`;
const limited = (i: number): string => vmta(i, '<domain *>', `max-msg-rate ${i + 1}/h`, '</domain>');
const members = (n: number): string =>
  `<virtual-mta-pool p>\n${lines(n, (i) => `virtual-mta v${i}`)}</virtual-mta-pool>\n`;
const source = '<source {pmta-auth}>\npattern-list l\ndefault-virtual-mta p\n</source>\n';
const list = (n: number, entry: (i: number) => string): string =>
  `<pattern-list l>\n${lines(n, entry)}</pattern-list>\n`;

/** What adapting costs for 4 times as many lines. */
const growthOfAdapting = (text: (n: number) => string, ips: (n: number) => number): number =>
  growthOf(60, (n) => {
    const document = parseText(text(n));
    const plan = planFor(ips(n));
    return () => adapt(document, plan);
  });

describe('adapting grows with the configuration alone', () => {
  it.each<[string, (n: number) => string, (n: number) => number]>([
    ['virtual MTAs that are alike', (n) => lines(n, (i) => vmta(i, 'max-smtp-out 2')) + members(n) + source, () => 2],
    ['virtual MTAs that each get a new one', (n) => lines(n, limited) + members(n) + source, (n) => n],
    ['virtual MTAs that have no place', (n) => lines(n, limited) + members(n) + source, () => 2],
    ['sending IPs', () => vmta(0, 'max-smtp-out 2') + '\n' + members(1) + source, (n) => n],
    [
      'patterns for recipients',
      (n) => vmta(0) + '\n' + members(1) + list(n, (i) => `rcpt-to /^u${i}@x$/ virtual-mta=v0`) + source,
      () => 2,
    ],
    [
      'the old map from senders',
      (n) => vmta(0) + '\n' + members(1) + list(n, (i) => `mail-from /@h${i}$/ virtual-mta=v0`) + source,
      () => 2,
    ],
    [
      'pools',
      (n) => vmta(0) + '\n' + lines(n, (i) => `<virtual-mta-pool p${i}>\nvirtual-mta v0\n</virtual-mta-pool>`) + source,
      () => 2,
    ],
    [
      'domains of a virtual MTA that has no place',
      (n) =>
        `${vmta(0)}\n${vmta(
          1,
          lines(n, (i) => `<domain d${i}.example>\nmax-smtp-out 1\n</domain>`),
        )}\n${members(2)}${source}`,
      () => 1,
    ],
    [
      'domains of all',
      (n) =>
        `${vmta(0, 'max-smtp-out 2')}\n${members(1)}${source}${lines(n, (i) => `<domain d${i}.example>\nmax-smtp-out 1\n</domain>`)}`,
      () => 2,
    ],
  ])('%s', (_, text, ips) => {
    expect(growthOfAdapting(text, ips)).toBeLessThan(LINEAR);
  });
});
