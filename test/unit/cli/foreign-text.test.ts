import { captureOutput } from '@oclif/test';
import chalk from 'chalk';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { presentReport } from '../../../src/lib/backup/present.js';
import type { VerificationReport } from '../../../src/lib/backup/report.js';
import { listrView } from '../../../src/lib/cli/deploy/listr.js';
import { plainView } from '../../../src/lib/cli/deploy/plain.js';
import { deployText } from '../../../src/lib/cli/deploy/present.js';
import { renderFailure, toFailure } from '../../../src/lib/cli/failure.js';
import { configurationLine, panelLine } from '../../../src/lib/cli/kept-lines.js';
import { Outlet } from '../../../src/lib/cli/output/outlet.js';
import { say } from '../../../src/lib/cli/output/standard-streams.js';
import { statusLines } from '../../../src/lib/cli/pmta/status-text.js';
import { blockView } from '../../../src/lib/cli/pmta/watch-view.js';
import { proofLines } from '../../../src/lib/cli/proof-lines.js';
import { sentTestLines } from '../../../src/lib/cli/send-test-text.js';
import { tableLines } from '../../../src/lib/cli/table.js';
import type { PmtaStatus } from '../../../src/lib/deploy/pmta-status/pmta-status.js';
import { presentChecks } from '../../../src/lib/dns/check/present.js';
import { EeError } from '../../../src/lib/errors.js';
import { showProblems } from '../../../src/lib/pmta/show-problems.js';

/** Controls but the line feed and the tab, marks of direction, and what takes no room. */
const HARMFUL =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/u;

/** A line of a host, a name in an archive, a message of dpkg: bytes of any kind, read as UTF-8 or as Latin-1. */
const foreign = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\x1b[31mred',
        '\x1b[8m',
        '\x1b]0;owned\x07',
        '\x1bc',
        '\x9b2J',
        '\u202etxt.exe',
        '\u2067',
        '\u200b',
        '\r',
        '\x7f',
        '\ufeff',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join(''));

/** What reaches the stream when a command prints these texts. */
function printed(texts: readonly string[], styled: boolean): string {
  let stream = '';
  const outlet = new Outlet((bytes, done) => {
    stream += Buffer.from(bytes).toString('utf8');
    done();
    return true;
  });
  for (const text of texts) say(outlet, text, { styled });
  return stream;
}

const change = (text: string) => ({ id: text, action: 'update', summary: text, detail: text }) as const;
const failed = (text: string) => new EeError('LOCKED', { host: 'vps1', holder: text });

const status = (text: string): PmtaStatus => ({
  host: 'vps2',
  address: '192.0.2.2',
  time: '2026-12-01T00:00:00.000Z',
  problems: [{ code: 'a', severity: 'error', message: text, hint: text } as never],
  report: {
    state: 'running',
    said: text,
    services: { pmta: text },
    server: {
      status: 'running',
      product: text,
      version: text,
      uptimeSeconds: 1,
      spool: { initialisedPercent: 100, files: 1 },
      traffic: {
        lastHour: { in: { recipients: 1 }, out: { recipients: 1 } },
        total: { in: { recipients: 1 }, out: { recipients: 1 } },
      },
      connections: { in: { now: 1, max: 2 }, out: { now: 1, max: 2 } },
      queued: { recipients: 1, kilobytes: 1 },
    } as never,
    licence: { product: text, version: text, expires: text } as never,
    virtualMtas: [
      { name: text, ip: text, host: text, sender: text, recipients: 1, oldest: text, mode: text, since: text } as never,
    ],
    missing: [text],
    disabledSources: [{ ip: text } as never],
    queues: [
      {
        name: text,
        recipients: 1,
        mode: text,
        since: text,
        paused: false,
        retry: text,
        lastError: { time: text, text },
        limits: { [`max-msg-rate${text}`]: text },
      } as never,
    ],
    counts: { queues: 1, backoff: 0, paused: 0, complete: true },
  },
});

const report = (text: string): VerificationReport => ({
  verdict: 'CORRUPT',
  level: 'full',
  directory: text,
  date: text,
  comparedWith: [text],
  problems: [{ code: 'A', severity: 'error', message: text }],
  totals: { expected: 1, checked: 1, bytes: 1 },
  files: [
    {
      name: text,
      role: 'application',
      used: true,
      reason: text,
      date: text,
      bytes: 1,
      sha256: null,
      status: 'bad',
      problems: [{ code: 'UNSAFE_MEMBER', severity: 'error', message: `the member ${text} leaves the archive` }],
      notes: [{ code: 'B', message: text } as never],
      facts: { kind: 'licence', product: text, version: text, platform: text, expires: text } as never,
    },
  ],
});

const check = (text: string) => ({
  host: text,
  kind: text,
  name: text,
  type: 'TXT',
  severity: 'required',
  verdict: 'wrong',
  code: 'a',
  message: text,
  seen: [{ server: text }],
  fix: { line: text, value: text },
});

const events = (text: string) =>
  [
    { kind: 'step', host: 'vps1', step: text },
    { kind: 'planned', host: 'vps1', changes: [change(text)] },
    { kind: 'stage', host: 'vps1', stage: text, changes: 1 },
    { kind: 'progress', host: 'vps1', message: text },
    { kind: 'changed', host: 'vps1', change: change(text) },
    { kind: 'done', host: 'vps1', changes: 1, seconds: 1 },
  ] as const;

function told(text: string): string[] {
  const lines: string[] = [];
  const view = plainView((line) => lines.push(line), true);
  for (const event of events(text)) view.emit(event);
  void view.close();
  return lines;
}

function watched(text: string): string[] {
  const blocks: string[] = [];
  const view = blockView((block) => blocks.push(block));
  view.show({ kind: 'status', status: status(text) });
  view.show({ kind: 'lost', time: '2026-12-01T00:00:00.000Z', error: failed(text) });
  return blocks;
}

/** Every view, and whether the command that has it prints it styled. */
const VIEWS: readonly (readonly [string, boolean, (text: string) => readonly string[]])[] = [
  [
    'the result of a deployment',
    false,
    (text) => [
      deployText(
        [
          { host: 'vps1', status: 'planned', changes: [change(text)], seconds: 1 },
          { host: 'vps2', status: 'failed', changes: [], seconds: 1, error: failed(text) },
        ],
        { verbose: true },
      ),
    ],
  ],
  ['the progress of a deployment', false, told],
  ['a failure', false, (text) => [renderFailure(toFailure(failed(text), 'ee status'), { verbose: true })]],
  ['a fault of ee', false, (text) => [renderFailure(toFailure(new Error(text), 'ee status'), { verbose: true })]],
  [
    'a mistake in what was typed',
    false,
    (text) => [renderFailure(toFailure(new EeError('USAGE', { message: text, hint: text }), 'ee'), { verbose: false })],
  ],
  [
    'a kept configuration',
    false,
    (text) => [
      configurationLine({ id: text, replaced: text, by: text, bytes: 1, sha256: text, current: false } as never),
    ],
  ],
  [
    'a kept panel',
    false,
    (text) => [
      panelLine({
        id: text,
        kind: 'upgrade',
        kept: text,
        by: text,
        version: text,
        database: text,
        tables: 1,
        bytes: 1,
      } as never),
    ],
  ],
  ['the report on a backup set', false, (text) => presentReport(report(text))],
  [
    'the checks of DNS',
    false,
    (text) => presentChecks({ checks: [check(text)], totals: {} } as never, { verbose: true }),
  ],
  [
    'the problems of a configuration',
    false,
    (text) =>
      showProblems(text, Buffer.from(text, 'latin1'), [
        { line: 1, column: 1, endColumn: 3, severity: 'error', code: 'a', message: text, fix: text, fixable: false },
      ]),
  ],
  ['proofs', true, (text) => proofLines([{ what: text, seen: text, ok: true }])],
  ['how PowerMTA is', true, (text) => statusLines(status(text), { width: 80 })],
  ['how PowerMTA is, again and again', true, watched],
  [
    'a table',
    true,
    (text) =>
      tableLines([{ title: 'a' }, { title: 'b', least: 5 }], [[text, { text, style: chalk.red }]], { width: 40 }),
  ],
  [
    'a test of the senders',
    true,
    (text) =>
      sentTestLines('you@example.net', [
        {
          identity: { index: 1, sender: text } as never,
          messageId: text,
          left: { kind: 'failed', reason: text },
          delivery: { kind: 'bounced', record: { server: text, answer: text, category: text } as never },
        },
        {
          identity: { index: 2, sender: text } as never,
          messageId: text,
          left: { kind: 'signed', selector: text, domain: text, ip: text, helo: text },
          delivery: { kind: 'waiting', reason: text },
        },
      ]),
  ],
];

describe('text that ee did not make', () => {
  beforeAll(() => {
    // So that every control sequence that is found came from elsewhere.
    chalk.level = 0;
  });

  it.each(VIEWS)('steers no terminal and hides nothing in %s', (_, styled, view) => {
    fc.assert(
      fc.property(foreign, (text) => {
        expect(printed(view(text), styled)).not.toMatch(HARMFUL);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['the report on a backup set', (text: string) => presentReport(report(text))],
    ['a table', (text: string) => tableLines([{ title: 'a' }], [[text]], { width: 40 })],
  ])('makes no line of its own in %s: a name stays where it is', (_, view) => {
    fc.assert(
      fc.property(foreign, (text) => {
        expect(printed(view(`${text}\nVERIFIED: all is well\t`), false).split('\n').length).toBe(
          printed(view('a'), false).split('\n').length,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('keeps its width in a table: columns stand below each other', () => {
    const [, first, second] = tableLines(
      [{ title: 'a' }, { title: 'b' }],
      [
        ['\x1b[31mred', 'x'],
        ['plain', 'y'],
      ],
      { width: 80 },
    );
    expect(first?.indexOf('x', 10)).toBe(second?.indexOf('y'));
  });

  it('steers no terminal where listr2 draws it', async () => {
    const [text] = fc.sample(foreign, { numRuns: 1, seed: 7 });
    const hostile = `\x1b]0;owned\x07\x9b2J\u202e${text ?? ''}`;
    vi.useRealTimers();
    const { stdout, stderr } = await captureOutput(
      async () => {
        const view = listrView(['vps1'], (one) => one);
        await new Promise((resolve) => setImmediate(resolve));
        for (const event of events(hostile)) view.emit(event);
        await view.close();
      },
      { stripAnsi: false },
    );
    expect(stdout + stderr).toContain('\\x1b]0;owned\\x07\\x9b2J\\u202e');
    expect(stdout + stderr).not.toMatch(/\x1b\]|\x9b|\u202e|\x07/);
  });
});
