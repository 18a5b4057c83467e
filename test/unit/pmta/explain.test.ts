import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { effectiveSettings } from '../../../src/lib/pmta/effective.js';
import { explain } from '../../../src/lib/pmta/explain.js';
import { loadConfiguration } from '../../../src/lib/pmta/load-configuration.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { showExplanation } from '../../../src/lib/pmta/show-explanation.js';
import { total } from '../../../src/lib/pmta/totals.js';
import { filesIn } from './files-in.js';
import { twoIps } from './two-ips.js';

/** `name value where` of each effective setting. */
const effective = (text: string, domain: string, virtualMta?: string): string[] =>
  effectiveSettings(parseText(text), domain, virtualMta).settings.map(
    ({ name, value, where }) => `${name} ${value} ${where}`,
  );
const block = (name: string, ...lines: string[]): string =>
  `<${name}>\n${lines.join('\n')}\n</${name.split(' ')[0]}>\n`;
const notesOn = (text: string, domain: string, virtualMta?: string): readonly string[] =>
  explain(parseText(text), loadCatalogue(), { domain, virtualMta }).notes;

describe('the settings of a queue', () => {
  it('are those of the most specific pattern, whatever the order of the file', () => {
    const text = [
      block('domain mail.example.com', 'max-smtp-out 1'),
      block('domain *', 'max-smtp-out 5', 'retry-after 5m'),
      block('domain *.example.com', 'max-smtp-out 2'),
      block('domain [*.]com', 'max-smtp-out 3'),
    ].join('');
    expect(effective(text, 'MAIL.example.com')[0]).toBe('max-smtp-out 1 <domain mail.example.com>');
    expect(effective(text, 'www.example.com')[0]).toBe('max-smtp-out 2 <domain *.example.com>');
    expect(effective(text, 'example.com')[0]).toBe('max-smtp-out 3 <domain [*.]com>');
    expect(effective(text, 'example.org')).toEqual(['max-smtp-out 5 <domain *>', 'retry-after 5m <domain *>']);
    expect(effective(text, 'mail.example.com')[1]).toBe('retry-after 5m <domain *>');
  });

  it('come from a literal name before the same name in a macro, and from macros inside macros and names', () => {
    const text = [
      'domain-macro tld com, fr\ndomain-macro all yahoo.$tld, rocketmail.com\ndomain-macro loop $loop\n',
      block('domain yahoo.fr', 'max-smtp-out 1'),
      block('domain $all', 'max-smtp-out 2'),
      block('domain $loop', 'max-smtp-out 9'),
      block('domain mail.$tld', 'max-smtp-out 3'),
    ].join('');
    expect(effective(text, 'yahoo.fr')).toEqual(['max-smtp-out 1 <domain yahoo.fr>']);
    expect(effective(text, 'yahoo.com')).toEqual(['max-smtp-out 2 <domain $all>']);
    expect(effective(text, 'mail.fr')).toEqual(['max-smtp-out 3 <domain mail.$tld>']);
    expect(effective(text, 'example.com')).toEqual([]);
  });

  it('come from the virtual MTA before its pool, and from that before the rest', () => {
    const inner = (value: number): string => block('domain *', `max-smtp-out ${value}`);
    const text = [
      block('domain gmail.com', 'max-smtp-out 1', 'retry-after 5m'),
      block('virtual-mta a', inner(2)),
      block('virtual-mta-pool p', 'virtual-mta a', 'virtual-mta "b"', inner(3)),
    ].join('');
    const holding = (virtualMta?: string): string | undefined => effective(text, 'gmail.com', virtualMta)[0];
    expect(holding()).toBe('max-smtp-out 1 <domain gmail.com>');
    expect(holding('a')).toBe('max-smtp-out 2 <virtual-mta a> <domain *>');
    expect(holding('b')).toBe('max-smtp-out 3 <virtual-mta-pool p> <domain *>');
    expect(holding('p')).toBe('max-smtp-out 3 <virtual-mta-pool p> <domain *>');
    expect(holding('other')).toBe('max-smtp-out 1 <domain gmail.com>');
    const [limit, retry] = effectiveSettings(parseText(text), 'gmail.com', 'a').settings;
    expect(limit?.overrides.map(({ value }) => value)).toEqual(['3', '1']);
    expect([limit?.hidesMoreSpecific, retry?.hidesMoreSpecific]).toEqual([true, false]);
  });

  it('have no known winner where two equally specific blocks differ, and one where they agree', () => {
    const text = `${block('domain *', 'retry-after 1m', 'use-starttls yes')}${block('domain *', 'retry-after 2m', 'use-starttls yes')}`;
    const [retry, tls] = effectiveSettings(parseText(text), 'example.com').settings;
    expect([retry?.line, retry?.rivals]).toEqual([2, [{ value: '2m', line: 6, where: '<domain *>' }]]);
    expect([tls?.line, tls?.rivals]).toEqual([3, []]);
  });

  it('show no password', () => {
    expect(effective(block('domain *', 'auth-password geheim'), 'example.com')).toEqual([
      'auth-password [redacted] <domain *>',
    ]);
  });

  it.each([
    ['hotmail.com', 'max-msg-rate 250/h <domain $hotmail>', 'max-smtp-out 1 <domain $hotmail>'],
    ['orange.fr', 'max-msg-rate 200/h <domain $orange>', 'max-smtp-out 2 <domain *>'],
    ['example.org', 'max-msg-rate 1000/h <domain *>', 'max-smtp-out 2 <domain *>'],
  ])('of the backup are those of the fact sheet: %s', (domain, rate, connections) => {
    expect(effective(twoIps(), domain)).toEqual(
      expect.arrayContaining([rate, connections, 'bounce-after 24h <domain *>']),
    );
  });
});

describe('an explanation', () => {
  it('has the rules of the pattern list, the line of each setting and the defaults of what is not set', () => {
    const { patternList, defaults, settings } = explain(parseText(twoIps()), loadCatalogue(), { domain: 'gmail.com' });
    expect([patternList?.name, patternList?.rules.length]).toEqual(['blocking-errors', 39]);
    const rate = settings.find(({ name }) => name === 'max-msg-rate');
    expect(twoIps().split('\n')[(rate?.line ?? 0) - 1]).toBe('    max-msg-rate 250/h');
    expect(defaults).toContainEqual({ name: 'backoff-max-smtp-out', value: '20' });
    expect(defaults.some(({ name }) => name === 'max-msg-rate')).toBe(false);
  });

  it('reckons what N virtual MTAs make of each limit of a queue', () => {
    const { settings } = explain(parseText(twoIps()), loadCatalogue(), { domain: 'gmail.com', ips: 5 });
    expect(settings.flatMap(({ name, total: sum }) => (sum === undefined ? [] : [`${name} ${sum}`]))).toEqual([
      'backoff-max-msg-rate 5/m',
      'max-msg-rate 1250/h',
      'max-smtp-out 10',
    ]);
  });

  it('keeps what holds for all queues of a virtual MTA apart', () => {
    const text = block('virtual-mta a', 'max-smtp-msg-rate 1000/d', block('domain *', 'max-msg-rate 10/h'));
    const { virtualMtaSettings } = explain(parseText(text), loadCatalogue(), {
      domain: 'gmail.com',
      virtualMta: 'a',
      ips: 3,
    });
    expect(virtualMtaSettings).toEqual([
      { name: 'max-smtp-msg-rate', value: '1000/d', line: 2, where: '<virtual-mta a>', total: '3000/d' },
    ]);
  });

  it('notes rollups, other queues, missing lists, includes and misspelt names', () => {
    expect(notesOn(twoIps(), 'gmial.com')).toContain('No <domain> names gmial.com. Did you mean gmail.com?');
    expect(notesOn(twoIps(), 'gmail.com', 'pmta-vmta0')).toEqual([]);
    expect(notesOn(twoIps(), 'gmail.com')).toEqual([
      'pmta-vmta0, pmta-vmta1: settings of their own for domains; add --vmta to see those.',
    ]);
    const rollup = '<mx-rollup-list>\nmx *.google.com google.rollup\n</mx-rollup-list>\n';
    const text = `include /etc/pmta/more\n${rollup}${block('domain a.example', 'queue-to "a.queue"', 'smtp-pattern-list none')}`;
    expect(notesOn(text, 'a.example')).toEqual([
      'Its mail waits in the queue a.queue: the settings of that one hold (ee pmta explain a.queue).',
      'Where its mail exchanger fits "mx *.google.com google.rollup" (line 3), the queue of that rollup holds it.',
      'The list of replies none is not defined here.',
      'Other files are included, and not followed: what they set is not shown here. --root follows them.',
    ]);
    expect(notesOn(`${rollup}${block('domain *', 'disable-mx-rollup yes')}`, 'a.example')).toEqual([]);
  });

  it('names the virtual MTA that was probably meant, and refuses what is no domain', () => {
    expect(() => notesOn(twoIps(), 'gmail.com', 'pmta-vmta-0')).toThrow(/no virtual MTA or pool pmta-vmta-0/);
    expect(() => notesOn(twoIps(), 'a@gmail.com')).toThrow('"a@gmail.com" is no domain.');
  });

  it('is a table for people', () => {
    const text = `${block('domain *', 'max-msg-rate 1000/h')}${block('domain gmail.com', 'max-msg-rate 250/h')}`;
    const explanation = explain(parseText(text), loadCatalogue(), { domain: 'gmail.com', ips: 5 });
    expect(showExplanation(explanation, { file: 'config', ips: 5, all: false })).toEqual([
      'gmail.com/*',
      '',
      {
        columns: [
          { title: 'setting' },
          { title: 'value', least: 12 },
          { title: '× 5' },
          { title: 'line' },
          { title: 'from', least: 12 },
          { title: '', least: 12 },
        ],
        rows: [['max-msg-rate', '250/h', '1250/h', 'config:5', '<domain gmail.com>', 'instead of 1000/h (line 2)']],
      },
    ]);
  });
});

describe('a total', () => {
  it.each([
    ['250/h', 5, '1250/h'],
    ['"250/h"', 2, '500/h'],
    ['100/15m', 100, '10000/15m'],
    ['10g/2h', 3, '30g/2h'],
    ['20', 10, '200'],
    ['unlimited', 10, 'unlimited'],
    ['0/0 100/h', 2, '0/0 200/h'],
    ['many', 2, undefined],
  ])('%s for %i virtual MTAs is %s', (value, count, sum) => {
    expect(total(value, count)).toBe(sum);
  });
});

describe('a queue of a configuration of several files', () => {
  const main = [
    block('domain gmail.com', 'include isps/gmail', 'max-smtp-out 5'),
    block('virtual-mta a', 'include a.conf'),
    block('smtp-pattern-list replies', 'include common', 'reply /slow/ mode=backoff'),
    'include rest\n',
  ].join('');
  const files = {
    '/etc/pmta/isps/gmail': '# the limits\nmax-msg-rate 250/h\nsmtp-pattern-list replies\n',
    '/etc/pmta/a.conf': 'max-smtp-msg-rate 2000/d\n',
    '/etc/pmta/common': '\n\nreply /later/ mode=backoff\n',
    '/etc/pmta/rest': block('domain *', 'max-msg-rate 1000/h'),
  };
  const explained = async (followed: boolean) => {
    const stored = { path: '/etc/pmta/config', name: 'config', bytes: Buffer.from(main, 'latin1') };
    const configuration = await loadConfiguration(stored, followed ? filesIn(files) : undefined);
    return explain(configuration, loadCatalogue(), { domain: 'gmail.com', virtualMta: 'a' });
  };

  it('has each setting from the line of the file that it stands in', async () => {
    const { settings, virtualMtaSettings, patternList, notes } = await explained(true);
    expect(settings.map(({ name, value, file, line }) => [name, value, file, line])).toEqual([
      ['max-msg-rate', '250/h', 'gmail', 2],
      ['max-smtp-out', '5', undefined, 3],
      ['smtp-pattern-list', 'replies', 'gmail', 3],
    ]);
    expect(settings[0]?.overrides).toEqual([{ value: '1000/h', file: 'rest', line: 2, where: '<domain *>' }]);
    expect(virtualMtaSettings.map(({ name, file, line }) => [name, file, line])).toEqual([
      ['max-smtp-msg-rate', 'a.conf', 1],
    ]);
    expect(patternList?.rules).toEqual([
      { line: 3, file: 'common', rule: 'reply /later/ mode=backoff' },
      { line: 10, rule: 'reply /slow/ mode=backoff' },
    ]);
    expect(notes).toEqual([]);
  });

  it('is shown so, and says what it does not know where includes are not followed', async () => {
    const view = { file: 'config', ips: undefined, all: true };
    const shown = JSON.stringify(showExplanation(await explained(true), view));
    expect(shown).toContain('"gmail:2","<domain gmail.com>","instead of 1000/h (line 2 of rest)"');
    expect(shown).toContain('from common:3 on');
    expect(shown).toContain('  common:3  reply /later/');
    const { settings, notes } = await explained(false);
    expect(settings.map(({ name }) => name)).toEqual(['max-smtp-out']);
    expect(notes).toEqual([
      'Other files are included, and not followed: what they set is not shown here. --root follows them.',
    ]);
  });
});
