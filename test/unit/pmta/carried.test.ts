import { describe, expect, it } from 'vitest';
import { adapt } from '../../../src/lib/pmta/adapt.js';
import type { AdaptationPlan } from '../../../src/lib/pmta/adapt/plan.js';
import { printText } from '../../../src/lib/pmta/document.js';
import { effectiveSettings } from '../../../src/lib/pmta/effective.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { planFor } from './two-ips.js';

const block = (tag: string, ...body: string[]): string =>
  [`<${tag}>`, ...body, `</${tag.split(' ')[0] ?? ''}>`].join('\n');
const vmta = (name: string, ip: string, ...body: string[]): string =>
  block(`virtual-mta ${name}`, `smtp-source-host ${ip} ${name}.example.net`, ...body);
const AUTH = (...body: string[]): string =>
  `${block('smtp-user u', 'password x', 'source {auth-users}')}\n${block('source {auth-users}', 'always-allow-relaying yes', ...body)}`;
const SIGNED = block('domain *', 'dkim-sign yes');
const text = (...parts: string[]): string => `${['log-file /l', 'postmaster a@example.net', ...parts].join('\n')}\n`;

const adapted = (original: string, plan: AdaptationPlan) => adapt(parseText(original), plan);
const rendered = (original: string, plan: AdaptationPlan): string => printText(adapted(original, plan).document);
/** A block of a text, without its tags. */
const inside = (all: string, tag: string): string[] => {
  const lines = all.split('\n').map((line) => line.trim());
  const from = lines.indexOf(`<${tag}>`);
  return from === -1 ? [] : lines.slice(from + 1, lines.indexOf(`</${tag.split(' ')[0] ?? ''}>`, from));
};
const losses = (original: string, plan: AdaptationPlan): string[] =>
  adapted(original, plan).unplaced.map(({ line, text: lost, consequence }) => `${line}: ${lost}: ${consequence}`);
const lineOf = (original: string, line: string): number => original.split('\n').indexOf(line) + 1;

describe('what a virtual MTA carried', () => {
  const carried = [
    'max-smtp-out 5 # limits',
    'use-proxy front',
    block('domain *', 'dkim-sign yes', 'smtp-hosts [198.51.100.9]:587', 'auth-username u', 'auth-password "p a"'),
    block('domain gmail.com', 'max-msg-rate 20/h'),
  ];
  const original = text(
    vmta('a', '203.0.113.1', ...carried, 'domain-key k,example.net,/k.pem'),
    vmta('b', '203.0.113.2', 'max-smtp-out 7'),
    block('virtual-mta-pool p', 'virtual-mta a', 'virtual-mta b'),
    AUTH('default-virtual-mta p'),
  );

  it('goes to the new one of the same number, byte for byte and with its comments', () => {
    const result = rendered(original, planFor(2));
    expect(result).toContain(`    domain-key mail,mail1.example.com,/etc/pmta/dkim/mail1.pem\n${carried.join('\n')}\n`);
    expect(inside(result, 'virtual-mta vmta-mail2').slice(2)).toEqual(['max-smtp-out 7']);
    expect(losses(original, planFor(2))).toEqual([]);
    expect(adapted(original, planFor(2)).mapping).toEqual({
      virtualMtas: [
        { name: 'vmta-mail1', from: ['a'], stands: true },
        { name: 'vmta-mail2', from: ['b'], stands: true },
      ],
      kept: [],
      pools: [{ name: 'p', members: 'all' }],
    });
    expect(rendered(result, planFor(2))).toBe(result);
  });

  it('lets probes through where it sends all mail another way', () => {
    const { settings } = effectiveSettings(adapted(original, planFor(2)).document, 'ee-probe.invalid', 'vmta-mail1');
    const values = Object.fromEntries(settings.map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({ 'smtp-hosts': '[127.0.0.1]:2599', 'auth-username': '""', 'dkim-sign': 'yes' });
  });

  it('asks whose blocks a further one takes, where the old ones differ, and takes those', () => {
    expect(adapted(original, planFor(3)).undecided).toMatchObject({ further: ['vmta-mail3'], candidates: ['a', 'b'] });
    const result = adapted(original, planFor(3, { like: 'b' }));
    expect(result.undecided).toBeUndefined();
    expect(inside(printText(result.document), 'virtual-mta vmta-mail3').slice(2)).toEqual(['max-smtp-out 7']);
    expect(() => adapted(original, planFor(3, { like: 'c' }))).toThrow('has no virtual MTA c that sends');
  });

  it('asks nothing where all of a pool are alike', () => {
    const alike = original.replace(/max-smtp-out 7/, carried.join('\n'));
    const result = adapted(alike, planFor(5));
    expect([result.undecided, result.unplaced]).toEqual([undefined, []]);
    expect(printText(result.document).split(carried.join('\n'))).toHaveLength(6);
  });

  it('is named line by line where there is no new one for it, and left out once it is named', () => {
    const lost = `${lineOf(original, 'max-smtp-out 7')}: max-smtp-out 7`;
    const turned = original.replace('max-smtp-out 5', 'max-smtp-out 9');
    expect(losses(turned, planFor(1))).toEqual([`${lost}: vmta-mail1 would send mail without this limit`]);
    const line = lineOf(original, 'max-smtp-out 7');
    const result = adapted(turned, planFor(1, { drop: [line] }));
    expect([result.unplaced, result.misnamed]).toEqual([[], []]);
    expect(adapted(turned, planFor(1, { drop: [1, line] })).misnamed).toEqual([1]);
  });

  it('is no loss where the new one asks for more', () => {
    expect(losses(original, planFor(1))).toEqual([]);
  });
});

describe('a virtual MTA that discards', () => {
  const discard = block('virtual-mta bin', block('domain *', 'type discard'));
  const original = text(
    discard,
    vmta('a', '203.0.113.1'),
    block('pattern-list l', String.raw`rcpt-to /^no@example\.net$/ virtual-mta=bin`, 'mail-from /@old/ virtual-mta=a'),
    AUTH('default-virtual-mta a', 'pattern-list l'),
    SIGNED,
  );

  it('stays with the patterns that lead to it, which come before the senders', () => {
    const result = rendered(original, planFor(2));
    expect(result).toContain(discard);
    expect(inside(result, 'pattern-list sender-to-vmta')).toEqual([
      String.raw`rcpt-to /^no@example\.net$/ virtual-mta=bin`,
      String.raw`mail-from /@mail1\.example\.com$/ virtual-mta=vmta-mail1`,
      String.raw`mail-from /@mail2\.example\.com$/ virtual-mta=vmta-mail2`,
    ]);
    expect(result).not.toContain('<pattern-list l>');
    expect(losses(original, planFor(2))).toEqual([]);
    expect(rendered(result, planFor(2))).toBe(result);
  });

  it('takes none of the addresses, though it had one, and is no member of anything new', () => {
    const result = rendered(
      original.replace(discard, vmta('bin', '203.0.113.9', block('domain *', 'type discard'))),
      planFor(2),
    );
    expect(inside(result, 'virtual-mta bin')).toEqual(['<domain *>', 'type discard', '</domain>']);
    expect(inside(result, 'virtual-mta-pool pmta-pool')).toEqual(['virtual-mta vmta-mail1', 'virtual-mta vmta-mail2']);
  });

  it('keeps inline lists whole, in their order', () => {
    const nested = [
      'rcpt-to /net$/ <pattern-list>',
      'mail-from /x/ virtual-mta=a',
      '* virtual-mta=bin',
      '</pattern-list>',
    ];
    const result = rendered(original.replace(/rcpt-to .*/, nested.join('\n')), planFor(1));
    expect(inside(result, 'pattern-list sender-to-vmta').slice(0, 3)).toEqual(
      nested.slice(0, 3).map((line) => line.replace('=a', '=vmta-mail1')),
    );
  });

  it('is refused where its pattern would catch a new sender', () => {
    const caught = original.replace(/rcpt-to .*/, 'mail-from /@mail1/ virtual-mta=bin');
    expect(losses(caught, planFor(2))).toEqual([
      `${lineOf(caught, 'mail-from /@mail1/ virtual-mta=bin')}: mail-from /@mail1/ virtual-mta=bin: it matches contact@mail1.example.com, which has a virtual MTA of its own now`,
    ]);
  });
});

describe('a pool', () => {
  const base = (...list: string[]): string =>
    text(
      ...['a', 'b', 'c'].map((name, at) => vmta(name, `203.0.113.${at + 1}`)),
      block('virtual-mta-pool p', 'virtual-mta a'),
      block('virtual-mta-pool vip', 'virtual-mta b', 'virtual-mta c'),
      block('pattern-list l', ...list),
      AUTH('default-virtual-mta p', 'pattern-list l'),
      SIGNED,
    );

  it('that only defaults and senders lead to takes all new virtual MTAs', () => {
    const result = rendered(base('mail-from /x/ virtual-mta=vip'), planFor(3));
    const all = ['virtual-mta vmta-mail1', 'virtual-mta vmta-mail2', 'virtual-mta vmta-mail3'];
    expect([inside(result, 'virtual-mta-pool p'), inside(result, 'virtual-mta-pool vip')]).toEqual([all, all]);
  });

  it('that anything else leads to keeps its name and its own members', () => {
    const result = rendered(base('rcpt-to /x/ virtual-mta=vip'), planFor(4));
    expect(inside(result, 'virtual-mta-pool vip')).toEqual(['virtual-mta vmta-mail2', 'virtual-mta vmta-mail3']);
    expect(inside(result, 'virtual-mta-pool p')).toHaveLength(4);
    expect(inside(result, 'pattern-list sender-to-vmta')[0]).toBe('rcpt-to /x/ virtual-mta=vip');
    expect(rendered(result, planFor(4))).toBe(result);
  });

  it('of which nothing is left is named, with what leads to it', () => {
    const original = base('rcpt-to /x/ virtual-mta=vip');
    const named = adapted(original, planFor(1)).unplaced.map(({ text: lost }) => lost);
    expect(named).toEqual(['virtual-mta b', 'virtual-mta c', 'rcpt-to /x/ virtual-mta=vip']);
  });

  it('may not share a member with another one where both have settings for domains', () => {
    const original = text(
      vmta('a', '203.0.113.1'),
      vmta('b', '203.0.113.2'),
      block('virtual-mta-pool p', 'virtual-mta a', block('domain *', 'max-smtp-out 1')),
      block('virtual-mta-pool q', 'virtual-mta b', block('domain x.com', 'max-smtp-out 2')),
      block('pattern-list l', 'mail-from /x/ virtual-mta=q'),
      AUTH('default-virtual-mta p', 'pattern-list l'),
      SIGNED,
    );
    expect(adapted(original, planFor(2)).unplaced.map(({ text: lost }) => lost)).toContain('<domain x.com>');
  });
});

describe('signing', () => {
  it('is turned on where nothing did, and that is said', () => {
    const { document, report } = adapted(text(vmta('a', '203.0.113.1'), AUTH('default-virtual-mta a')), planFor(1));
    expect(effectiveSettings(document, 'gmail.com', 'vmta-mail1').settings).toContainEqual(
      expect.objectContaining({ name: 'dkim-sign', value: 'yes' }),
    );
    expect(report).toContainEqual(expect.objectContaining({ action: 'added', subject: 'dkim-sign yes in <domain *>' }));
  });

  it('has the keys of all where mail of a sender may leave through another virtual MTA', () => {
    const original = text(
      vmta('a', '203.0.113.1'),
      block('virtual-mta-pool p', 'virtual-mta a'),
      block('pattern-list l', 'rcpt-to /x/ virtual-mta=a'),
      AUTH('default-virtual-mta p', 'pattern-list l'),
      SIGNED,
    );
    const result = rendered(original, planFor(2));
    expect(result.match(/^domain-key .*$/gm)).toEqual([
      'domain-key mail,mail1.example.com,/etc/pmta/dkim/mail1.pem',
      'domain-key mail,mail2.example.com,/etc/pmta/dkim/mail2.pem',
    ]);
    expect(rendered(result, planFor(2))).toBe(result);
  });

  it('for an identity that no new key fits is named', () => {
    const original = text(
      vmta('a', '203.0.113.1', 'domain-key k,example.net,/k.pem'),
      AUTH('default-virtual-mta a'),
      block('domain *', 'dkim-sign yes', 'dkim-identity @example.net'),
    );
    const line = lineOf(original, 'dkim-identity @example.net');
    expect(adapted(original, planFor(1)).unplaced).toEqual([
      {
        line,
        text: 'dkim-identity @example.net',
        consequence: 'vmta-mail1 has no key for example.net, and mail would leave unsigned',
      },
    ]);
  });
});

describe('names of virtual MTAs in other places', () => {
  const original = text(
    vmta('a', '203.0.113.1', 'cold-virtual-mta a-cold'),
    vmta('a-cold', '203.0.113.2', 'max-smtp-out 1', 'domain-key k,example.net,/k.pem'),
    block('virtual-mta-pool p', 'virtual-mta a'),
    AUTH('default-virtual-mta p'),
    block('domain *', 'dkim-sign yes', 'backoff-reroute-to-virtual-mta "a" # by hand'),
    block('pattern-list other', 'rcpt-to /x/ virtual-mta=a', 'mail-from /y/ virtual-mta=p'),
    block('source 127.0.0.1', 'pattern-list other'),
  );

  it('are those of the new ones', () => {
    const result = rendered(original, planFor(1));
    expect(result).toContain('backoff-reroute-to-virtual-mta vmta-mail1 # by hand\n');
    expect(inside(result, 'virtual-mta vmta-mail1')).toContain('cold-virtual-mta a-cold');
    expect(inside(result, 'virtual-mta a-cold')).toEqual([
      'smtp-source-host 192.0.2.1 mail1.example.com',
      'max-smtp-out 1',
    ]);
    expect(inside(result, 'pattern-list other')).toEqual([
      'rcpt-to /x/ virtual-mta=vmta-mail1',
      'mail-from /y/ virtual-mta=p',
    ]);
    expect(losses(original, planFor(1))).toEqual([]);
  });
});

it('a limit of an address of the old host is named', () => {
  const original = text(
    vmta('a', '203.0.113.1'),
    AUTH('default-virtual-mta a'),
    block('domain *', 'dkim-sign yes', 'source-ip-max-msg-rate 203.0.113/24 9/h', 'source-ip-max-smtp-out 0/0 2'),
  );
  expect(losses(original, planFor(1))).toEqual([
    `${lineOf(original, 'source-ip-max-msg-rate 203.0.113/24 9/h')}: source-ip-max-msg-rate 203.0.113/24 9/h: it names an address of the old host: vmta-mail1 would send without this limit`,
  ]);
});
