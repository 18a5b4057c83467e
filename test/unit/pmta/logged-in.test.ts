import { describe, expect, it } from 'vitest';
import { adapt } from '../../../src/lib/pmta/adapt.js';
import { printText } from '../../../src/lib/pmta/document.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { planFor } from './two-ips.js';

const block = (tag: string, ...body: string[]): string =>
  [`<${tag}>`, ...body, `</${tag.split(' ')[0] ?? ''}>`].join('\n');
const STOP = String.raw`rcpt-to /@bad\.example$/ virtual-mta=bin`;
const list = (name: string): string => block(`pattern-list ${name}`, STOP, 'mail-from /./ virtual-mta=a');
const user = (name: string, ...source: string[]): string => block(`smtp-user ${name}`, 'password x', ...source);
const source = (name: string, ...body: string[]): string => block(`source ${name}`, ...body);

const configuration = (...parts: string[]): string =>
  `${[
    'log-file /l',
    'postmaster a@example.net',
    block('virtual-mta a', 'smtp-source-host 203.0.113.1 a.example.net'),
    block('virtual-mta bin', block('domain *', 'type discard')),
    block('virtual-mta-pool p', 'virtual-mta a'),
    block('virtual-mta-pool q', 'virtual-mta a'),
    list('l'),
    ...parts,
    block('domain *', 'dkim-sign yes'),
  ].join('\n')}\n`;

const adapted = (original: string) => {
  const { document, unplaced, report } = adapt(parseText(original), planFor(2));
  return { result: printText(document), unplaced: unplaced.map(({ text }) => text), report };
};
/** What a source says in a rendering. */
const said = (result: string, name: string): string =>
  result
    .split(`<source ${name}>\n`)
    .slice(1)
    .map((rest) => rest.slice(0, rest.indexOf('</source>')))
    .join('');

describe('mail that is handed over after a login', () => {
  it.each([
    ['its own source', '{u}', [user('u', 'source {u}'), source('{u}', 'pattern-list l', 'default-virtual-mta q')]],
    [
      'a second block of that',
      '{u}',
      [user('u', 'source {u}'), source('{u}', 'default-virtual-mta q'), source('{u}', 'pattern-list l')],
    ],
    [
      'the source of the user of the settings',
      '{u}',
      [
        user('other', 'source {other}'),
        source('{other}'),
        user('relay', 'source {u}'),
        source('{u}', 'pattern-list l', 'default-virtual-mta q'),
      ],
    ],
    [
      'what any user has',
      '{u}',
      [user('u', 'source {u}'), source('{u}'), source('{auth}', 'pattern-list l', 'default-virtual-mta q')],
    ],
    [
      'what any user has, where his source is not named',
      '{pmta-auth}',
      [user('u'), source('{auth}', 'pattern-list l', 'default-virtual-mta q')],
    ],
    [
      'the source of all addresses',
      '{u}',
      [user('u', 'source {u}'), source('{u}'), source('0/0', 'pattern-list l', 'default-virtual-mta q')],
    ],
    [
      'the address that handed it over without one',
      '{pmta-auth}',
      [source('203.0.113.5', 'pattern-list l', 'default-virtual-mta q'), source('127.0.0.1', 'default-virtual-mta p')],
    ],
    [
      'loopback, where there was nothing else',
      '{pmta-auth}',
      [source('127.0.0.1', 'pattern-list l', 'default-virtual-mta q')],
    ],
    ['the address of VPS1', '{pmta-auth}', [source('198.51.100.10', 'pattern-list l', 'default-virtual-mta q')]],
  ])('passes the patterns and has the default that it had: %s', (_, name, parts) => {
    const { result, unplaced } = adapted(configuration(...parts));
    expect(unplaced).toEqual([]);
    expect(result).toContain(`<pattern-list sender-to-vmta>\n${STOP}\n    mail-from /@mail1`);
    expect(said(result, name)).toMatch(/pattern-list sender-to-vmta\n/);
    expect(said(result, name)).toMatch(/default-virtual-mta q\n/);
    expect(adapted(result).result).toBe(result);
  });

  it('is discarded by default where it was', () => {
    const parts = [user('u', 'source {u}'), source('{u}'), source('0/0', 'default-virtual-mta bin')];
    expect(said(adapted(configuration(...parts)).result, '{u}')).toContain('default-virtual-mta bin\n');
  });

  it('passes one of several lists only, so what others hold is named', () => {
    const other = list('m').replace('bad', 'worse');
    const sources = [source('203.0.113.5', 'pattern-list l'), source('203.0.113.6', 'pattern-list m')];
    expect(adapted(configuration(other, ...sources)).unplaced).toEqual([STOP.replace('bad', 'worse')]);
    const login = [user('u', 'source {u}'), source('{u}')];
    expect(adapted(configuration(other, ...sources, ...login)).unplaced).toEqual([]);
  });

  it('is reported as it is: a list that another source names stays too', () => {
    const parts = [user('u', 'source {u}'), source('{u}'), source('0/0', 'pattern-list l')];
    const { report } = adapted(configuration(...parts));
    const about = report.filter(({ subject }) => /^(rcpt-to|mail-from)/.test(subject));
    expect(about.map(({ action, reason }) => `${action}: ${reason}`)).toEqual([
      'added: is in sender-to-vmta as well, before the senders',
      'changed: its virtual MTA is now vmta-mail1',
    ]);
  });
});
