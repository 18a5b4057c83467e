import { describe, expect, it } from 'vitest';
import { adapt } from '../../../src/lib/pmta/adapt.js';
import { printText } from '../../../src/lib/pmta/document.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { planFor } from './two-ips.js';

const block = (tag: string, ...body: string[]): string =>
  [`<${tag}>`, ...body, `</${tag.split(' ')[0] ?? ''}>`].join('\n');
const vmta = (name: string, ip: string, ...body: string[]): string =>
  block(`virtual-mta ${name}`, `smtp-source-host ${ip} ${name}.example.net`, ...body);
const DISCARD = block('domain *', 'type discard');
const SPAM = String.raw`mail-from /@spam\.example$/ virtual-mta=stop`;

/** Two virtual MTAs that send, and a list that leads to `stop`. */
const configuration = (entry: string, ...parts: string[]): string =>
  `${[
    'log-file /l',
    'postmaster a@example.net',
    vmta('a', '203.0.113.1'),
    vmta('b', '203.0.113.2'),
    block('virtual-mta-pool p', 'virtual-mta a', 'virtual-mta b'),
    ...parts,
    block('pattern-list l', entry),
    block('smtp-user u', 'password x', 'source {users}'),
    block('source {users}', 'always-allow-relaying yes', 'default-virtual-mta p', 'pattern-list l'),
    block('domain *', 'dkim-sign yes'),
  ].join('\n')}\n`;

const adapted = (original: string, count: number) => {
  const { document, unplaced, mapping } = adapt(parseText(original), planFor(count));
  return { result: printText(document), unplaced, mapping };
};
const NEW = ['vmta-mail1', 'vmta-mail2', 'vmta-mail3'].map((name, at) => ({
  name,
  from: [['a'], ['b'], ['a', 'b']][at],
  stands: at < 2,
}));

describe('what discards all mail', () => {
  it.each([
    [
      'a virtual MTA by a macro',
      ['domain-macro all *', vmta('stop', '203.0.113.3', block('domain $all', 'type discard'))],
    ],
    ['a pool', [vmta('c', '203.0.113.3'), block('virtual-mta-pool stop', 'virtual-mta c', DISCARD)]],
    ['a pool of what discards', [block('virtual-mta c', DISCARD), block('virtual-mta-pool stop', 'virtual-mta c')]],
  ])('stays, and takes no new virtual MTA and no new sender: %s', (_, parts) => {
    for (const entry of [SPAM, SPAM.replace('mail-from', 'rcpt-to')]) {
      const { result, unplaced, mapping } = adapted(configuration(entry, ...parts), 3);
      expect(unplaced).toEqual([]);
      expect(mapping.virtualMtas).toEqual(NEW);
      expect(mapping.kept).toHaveLength(1);
      expect(result).toContain(`<pattern-list sender-to-vmta>\n${entry}\n`);
      expect(result).not.toContain('virtual-mta stop>\n    virtual-mta vmta-mail');
      expect(adapted(result, 3).result).toBe(result);
    }
  });

  it('stays the default of another source', () => {
    const pool = [block('virtual-mta c', DISCARD), block('virtual-mta-pool stop', 'virtual-mta c')];
    const other = block('source 203.0.113.77', 'default-virtual-mta stop');
    const { result, unplaced } = adapted(configuration(SPAM.replace('stop', 'a'), ...pool, other), 2);
    expect(unplaced).toEqual([]);
    expect(result).toContain('<virtual-mta-pool stop>\nvirtual-mta c\n</virtual-mta-pool>');
    expect(result).toContain(other);
  });
});

it('a header that names a new sender is refused where it leads to what discards', () => {
  const header = String.raw`header From /@mail1\.example\.com/ virtual-mta=stop`;
  expect(adapted(configuration(header, block('virtual-mta stop', DISCARD)), 2).unplaced).toMatchObject([
    { text: header, consequence: 'it matches contact@mail1.example.com, which has a virtual MTA of its own now' },
  ]);
});

it('what becomes of the address and the keys of one that stays is reported as it is', () => {
  const key = 'domain-key k,*,/k.pem';
  const reasonFor = (...stop: string[]): string | undefined =>
    adapt(
      parseText(configuration(SPAM.replace('mail-from', 'rcpt-to'), block('virtual-mta stop', key, ...stop))),
      planFor(2),
    ).report.find(({ subject }) => subject === '<virtual-mta stop>')?.reason;
  const host = 'smtp-source-host 203.0.113.3 stop.example.net';
  expect([reasonFor(host), reasonFor(host, DISCARD), reasonFor(DISCARD)]).toEqual([
    'stays, with the address of the settings and without its keys',
    'stays, without its address and its keys',
    'stays, without its keys',
  ]);
});

describe('lines that would be lost', () => {
  it('are named for each virtual MTA that has them, where several are alike', () => {
    const limited = ['c', 'd'].map((name, at) =>
      vmta(name, `203.0.113.${at + 3}`, block('domain gmail.com', 'max-msg-rate 5/h')),
    );
    const original = configuration(SPAM.replace('stop', 'a'), ...limited).replace(
      'virtual-mta b\n</virtual-mta-pool>',
      'virtual-mta b\nvirtual-mta c\nvirtual-mta d\n</virtual-mta-pool>',
    );
    const lines = original.split('\n').flatMap((line, at) => (line === 'max-msg-rate 5/h' ? at + 1 : []));
    expect(adapted(original, 2).unplaced.map(({ line }) => line)).toEqual(lines);
  });

  it('are those that another one hid as well, so that nobody is asked twice', () => {
    const rates = ['max-msg-rate 5/h', 'max-msg-rate 4/h', 'max-msg-rate 3/h', 'max-msg-rate 3000/h'];
    const original = configuration(SPAM.replace('stop', 'a'), 'domain-macro m gmail.com').replace(
      'b.example.net\n',
      `b.example.net\n${block('domain $m', rates[0] ?? '')}\n${rates
        .slice(1)
        .map((rate) => block('domain gmail.com', rate))
        .join('\n')}\nmax-smtp-out 3\nmax-smtp-out 4\n`,
    );
    const lost = adapted(original, 1).unplaced;
    expect(lost.map(({ text }) => text)).toEqual([...rates, 'max-smtp-out 3', 'max-smtp-out 4']);
    const drop = lost.map(({ line }) => line);
    expect(adapt(parseText(original), planFor(1, { drop }))).toMatchObject({ unplaced: [], misnamed: [] });
  });

  it('are those of a network too', () => {
    const original = configuration(SPAM.replace('stop', 'a')).replace(
      'b.example.net\n',
      `b.example.net\n${block('domain [192.0.2.0/24]', 'max-msg-rate 5/h')}\n`,
    );
    expect(adapted(original, 1).unplaced.map(({ text }) => text)).toEqual(['max-msg-rate 5/h']);
  });
});
