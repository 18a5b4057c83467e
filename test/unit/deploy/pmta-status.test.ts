import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  hasErrors,
  type Look,
  type PmtaStatus,
  pmtaStatus,
  type View,
  watchPmta,
} from '../../../src/lib/deploy/pmta-status/pmta-status.js';
import { statusDocument } from '../../../src/lib/cli/pmta/status-document.js';
import { statusLines } from '../../../src/lib/cli/pmta/status-text.js';
import { EeError } from '../../../src/lib/errors.js';
import { FakePmta } from '../../support/fake-pmta.js';
import { settingsWith } from '../../support/role-inputs.js';

const settings = settingsWith({ BASE_DOMAIN: 'example.com' });
const [one, two] = settings.sending.identities;
const TOP_QUEUES = '--dom show topqueues --maxitems=5000 --errors';
const STATUS = [
  'mta.product.name="PowerMTA"',
  'mta.product.version="5.0r8"',
  'status.status="running"',
  'status.shuttingDown="false"',
  'status.spool.initPct="100"',
  'status.traffic.lastHr.out.rcp="1234567"',
];
const QUEUES = [
  'queue[0].name="web.de/vmta-mail2"',
  'queue[0].rcp="900"',
  'queue[0].mode="normal"',
  'queue[0].paused="no"',
  'queue[1].name="gmail.com/vmta-mail1"',
  'queue[1].rcp="120"',
  'queue[1].mode="backoff"',
  'queue[1].paused="no"',
  'queue[1].event[0].time="2026-11-24 06:00:00"',
  'queue[1].event[0].text="421 4.7.28 Our system has detected an unusual rate of mail \u001B[2J from your address; see https://support.example/a-long-path"',
  'queue[2].name="mail.gmail.com/vmta-mail1"',
  'queue[2].rcp="5"',
  'queue[2].mode="normal"',
  'queue[2].paused="yes"',
];

let fake: FakePmta;
beforeEach(async () => {
  fake = await FakePmta.make();
  vi.stubEnv('PATH', `${fake.folder}:${process.env['PATH'] ?? ''}`);
  await fake.says('--dom show status', ...STATUS);
  await fake.says(
    '--dom show license',
    'license.product="PowerMTA"',
    'license.version="5.0"',
    'license.expires="never"',
  );
  await fake.says('--dom show disabled sources', 'No disabled sources.');
  await fake.says('--dom show vmtas', 'vmta[0].name="vmta-mail1"', 'vmta[0].rcp="125"', 'vmta[1].name="vmta-mail2"');
  await fake.says('--dom show vmta-settings vmta-mail1', `smtp-source-host ${one?.ip} ${one?.domain}`);
  await fake.says('--dom show vmta-settings vmta-mail2', `smtp-source-host ${two?.ip} ${two?.domain}`);
  await fake.says(TOP_QUEUES, ...QUEUES);
  await fake.says(
    '--dom show settings gmail.com/vmta-mail1',
    'max-msg-rate 100/h',
    'backoff-max-msg-rate 10/h',
    'backoff-to-normal-after never',
  );
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.remove();
});

const look = (view: Partial<View> = {}): Promise<PmtaStatus> =>
  pmtaStatus(settings, { queues: 10, ...view }, async () => fake);
let first: Promise<PmtaStatus> | undefined;
/** What every test begins with, looked at once. */
const usual = (): Promise<PmtaStatus> => (first ??= look());
const problems = ({ problems: found }: PmtaStatus) => found.map(({ severity, message }) => `${severity}: ${message}`);
const asked = async () => (await readFile(join(fake.folder, 'asked'), 'utf8')).trim().split('\n');

describe('the status of PowerMTA', () => {
  it('comes in one round trip, and the connection is closed', async () => {
    const { report } = await look();
    expect([fake.scripts, fake.closed]).toEqual([1, 1]);
    expect((await asked())[0]).toBe('--dom show status');
    expect(report.state).toBe('running');
    expect(report.licence).toEqual({ product: 'PowerMTA', version: '5.0', expires: 'never' });
    expect(report.server.traffic.lastHour.out.recipients).toBe(1_234_567);
  });

  it('has each virtual MTA with its address, sender, queue and mode', async () => {
    const { report } = await usual();
    expect(report.virtualMtas).toEqual([
      expect.objectContaining({
        name: 'vmta-mail1',
        ip: one?.ip,
        host: one?.domain,
        sender: one?.sender,
        recipients: 125,
        mode: 'backoff',
        queues: 2,
        queuesInBackoff: 1,
        queuesPaused: 1,
        disabled: false,
      }),
      expect.objectContaining({
        name: 'vmta-mail2',
        ip: two?.ip,
        recipients: null,
        mode: 'normal',
        queuesInBackoff: 0,
      }),
    ]);
  });

  it('has the queues worst first, with the last error and the limits', async () => {
    const { report } = await usual();
    expect(report.queues?.map(({ name }) => name)).toEqual([
      'gmail.com/vmta-mail1',
      'mail.gmail.com/vmta-mail1',
      'web.de/vmta-mail2',
    ]);
    expect(report.queues?.[0]).toMatchObject({
      lastError: {
        time: '2026-11-24 06:00:00',
        text: expect.stringMatching(/^421 4\.7\.28 Our system .*mail \[2J from/),
      },
      limits: { 'max-msg-rate': '100/h', 'backoff-max-msg-rate': '10/h', 'backoff-to-normal-after': 'never' },
    });
    expect(report.queues?.[2]?.limits).toBeNull();
  });

  it('is fine with warnings for backoff, for a queue that stays in it, and for a paused one', async () => {
    const status = await usual();
    expect(problems(status)).toEqual([
      'warning: 1 queue is in backoff: sent more slowly, by the pattern that a reply matched.',
      'warning: gmail.com/vmta-mail1 does not leave backoff by itself.',
      'warning: 1 queue is paused.',
    ]);
    expect(hasErrors(status)).toBe(false);
  });

  it('asks for the limits of the queues that are shown, and of no other', async () => {
    await look({ queues: 1 });
    expect((await asked()).filter((command) => command.includes('show settings'))).toEqual([
      '--dom show settings gmail.com/vmta-mail1',
    ]);
  });

  it.each([
    [{ domain: '*.com' }, ['gmail.com/vmta-mail1', 'mail.gmail.com/vmta-mail1']],
    [{ domain: 'gmail?com' }, ['gmail.com/vmta-mail1']],
    [{ domain: '*.gmail.com' }, ['mail.gmail.com/vmta-mail1']],
    [{ domain: "'; echo ;'" }, []],
    [{ virtualMta: 'vmta-mail2' }, ['web.de/vmta-mail2']],
  ])('is of a part only: %j', async (view, names) => {
    const { report } = await look(view);
    expect(report.queues?.map(({ name }) => name)).toEqual(names);
    expect((await asked()).filter((command) => command.includes('show settings'))).toEqual(
      names.map((name) => `--dom show settings ${name}`),
    );
  });

  it('knows no virtual MTA of a name that there is not', async () => {
    await expect(look({ virtualMta: 'vmta-mail9' })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('asks `show queues` where `topqueues` does not take its options', async () => {
    await fake.does(TOP_QUEUES, 'echo "Error: unknown option --maxitems" >&2; exit 1');
    await fake.says('--dom show queues', 'queue[0].name="a.example/vmta-mail1"', 'queue[0].rcp="3"');
    const { report } = await look();
    expect(report.queues?.map(({ name, mode }) => [name, mode])).toEqual([['a.example/vmta-mail1', null]]);
    expect(report.virtualMtas?.[0]?.mode).toBeNull();
  });
});

describe('what is wrong', () => {
  it('is that it does not run, by its service and its own words, without asking on', async () => {
    await fake.services('failed');
    await fake.does('--dom show status', 'echo "Error: cannot connect to pmtad: it is not running." >&2; exit 1');
    const status = await look();
    expect(problems(status)).toEqual([
      'error: PowerMTA is not running: its service is failed. pmta says: Error: cannot connect to pmtad: it is not running.',
    ]);
    expect(await asked()).toEqual(['--dom show status']);
    expect(status.report).toMatchObject({ queues: null, virtualMtas: null, disabledSources: null, licence: null });
    expect(statusDocument(status)).toMatchObject({ healthy: false, state: 'not running', queues: null });
  });

  it('is that it hangs, and it is waited for once only', async () => {
    await fake.does('--dom show status', 'exec sleep 60');
    expect(problems(await look())).toEqual(['error: PowerMTA does not answer: `pmta show status` had to be ended.']);
    expect(await asked()).toEqual(['--dom show status']);
  });

  it.each([
    ['status.shuttingDown="true"', 'error: PowerMTA is shutting down.'],
    ['status.spool.initPct="40"', 'warning: PowerMTA is starting: 40 % of its spool is read.'],
    ['status.status="confused"', 'error: PowerMTA does not say that it is running. pmta says: '],
  ])('is a state other than running: %s', async (line, message) => {
    await fake.says('--dom show status', ...STATUS, line);
    expect(problems(await look())[0]).toContain(message);
  });

  it('is a disabled source, with the command that enables it', async () => {
    await fake.says(
      '--dom show disabled sources',
      `source[0].ip="${one?.ip}"`,
      'source[0].queue="gmail.com/vmta-mail1"',
    );
    const status = await look();
    expect(hasErrors(status)).toBe(true);
    expect(status.problems[0]).toEqual({
      severity: 'error',
      message: `${one?.ip} is disabled for gmail.com/vmta-mail1: nothing leaves from it.`,
      hint: `When its cause is mended: \`pmta enable source ${one?.ip} 'gmail.com/vmta-mail1'\` on the host.`,
    });
    expect(status.report.virtualMtas?.map(({ disabled }) => disabled)).toEqual([true, false]);
  });

  it('is a virtual MTA that is missing, or is another one than the settings say', async () => {
    await fake.says('--dom show vmtas', 'vmta[0].name="vmta-mail1"', 'vmta[1].name="other"');
    await fake.says('--dom show vmta-settings vmta-mail1', 'smtp-source-host 192.0.2.99 old.example.com');
    expect(problems(await look()).slice(0, 2)).toEqual([
      'error: vmta-mail2 is not on the host.',
      `error: vmta-mail1 is 192.0.2.99 as old.example.com, not ${one?.ip} as ${one?.domain}.`,
    ]);
  });

  it('is a licence that has expired, or soon will', async () => {
    const expires = (date: string) =>
      fake.says('--dom show license', 'license.product="PowerMTA"', `license.expires="${date}"`);
    await expires('2020-01-01');
    expect(problems(await look())[0]).toBe('error: The licence has expired: 2020-01-01.');
    const soon = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
    await expires(soon);
    expect(problems(await look())[0]).toBe(`warning: The licence expires soon: ${soon}.`);
  });

  it('is what could not be read: never taken for none, nor for good', async () => {
    for (const command of [TOP_QUEUES, '--dom show vmtas', '--dom show license', '--dom show disabled sources'])
      await fake.does(command, 'echo "Error: no." >&2; exit 1');
    const status = await look();
    expect(problems(status)).toEqual([
      'error: The queues could not be read.',
      'error: The virtual MTAs could not be read.',
      'warning: The disabled sources could not be read.',
      'warning: The licence could not be read.',
    ]);
    const text = statusLines(status, { width: 80 }).join('\n');
    expect(text).toMatch(/licence +unknown\n/);
    expect(text).toMatch(/disabled +unknown\n/);
    expect(text).toContain('Queues: unknown');
    expect(text).toContain('Virtual MTAs: unknown');
  });
});

describe('the text', () => {
  const shown = async (width: number, status = usual()) => statusLines(await status, { width }).join('\n');

  it.each([80, 120])('fits %i columns', async (width) => {
    expect(Math.max(...(await shown(width)).split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
  });

  it('is whole where there is no terminal, without what could steer one', async () => {
    const text = await shown(Infinity);
    expect(text).toContain('see https://support.example/a-long-path');
    expect(text).toContain(`${one?.ip}  ${one?.domain}`);
    expect(text).not.toContain('\u001B[2J');
  });

  it('says what limits a queue in its mode', async () => {
    expect(await shown(80)).toContain('limits: backoff-max-msg-rate 10/h, backoff-to-normal-after never');
  });

  it('says what holds a queue back by its own words', async () => {
    await fake.says(
      TOP_QUEUES,
      'queue[0].name="gmail.com/vmta-mail1"',
      'queue[0].rcp="2"',
      'queue[0].event[0].text="message rate limit reached"',
    );
    expect(await shown(80, look())).toContain('held back by its own max-msg-rate 100/h');
  });
});

describe('watching', () => {
  const controller = () => new AbortController();
  const lost = new EeError('SSH_LOST', { host: 'vps2', during: 'asking PowerMTA' });

  async function watched(count: number, connect: () => Promise<FakePmta>): Promise<Look[]> {
    const end = controller();
    const looks: Look[] = [];
    const pause = async () => {
      if (looks.length >= count) end.abort();
    };
    for await (const one of watchPmta(settings, { queues: 3 }, connect, { signal: end.signal, pause })) looks.push(one);
    return looks;
  }

  it('looks over one connection, and asks the virtual MTAs for their addresses only now and then', async () => {
    const connect = vi.fn(async () => fake);
    const looks = await watched(3, connect);
    expect(looks.map(({ kind }) => kind)).toEqual(['status', 'status', 'status']);
    expect([connect.mock.calls.length, fake.scripts, fake.closed]).toEqual([1, 3, 1]);
    expect((await asked()).filter((command) => command.includes('vmta-settings'))).toHaveLength(2);
    const last = looks[2];
    expect(last?.kind === 'status' && last.status.report.virtualMtas?.[0]?.ip).toBe(one?.ip);
  });

  it('goes on after a loss, over a new connection', async () => {
    const run = fake.run.bind(fake);
    const cut = vi.spyOn(fake, 'run').mockImplementation(async (...args) => {
      if (cut.mock.calls.length === 2) throw lost;
      return run(...args);
    });
    const refused = new EeError('SSH_UNREACHABLE', {
      host: 'vps2',
      address: '192.0.2.20',
      port: 22,
      reason: 'refused',
    });
    const connect = vi.fn(async () => {
      if (connect.mock.calls.length === 2) throw refused;
      return fake;
    });
    const looks = await watched(4, connect);
    expect(looks.map((one) => (one.kind === 'lost' ? one.error.code : one.kind))).toEqual([
      'status',
      'SSH_LOST',
      'SSH_UNREACHABLE',
      'status',
    ]);
    expect(connect).toHaveBeenCalledTimes(3);
  });

  it('ends when the host cannot be reached at first, or shows another key', async () => {
    await expect(watched(3, () => Promise.reject(lost))).rejects.toBe(lost);
    const changed = new EeError('SSH_HOST_KEY_CHANGED', {
      host: 'vps2',
      address: '192.0.2.20',
      port: 22,
      fingerprint: 'SHA256:x',
      knownHosts: '/k',
    } as never);
    vi.spyOn(fake, 'run').mockRejectedValue(lost);
    let calls = 0;
    await expect(watched(3, async () => (calls++ === 0 ? fake : Promise.reject(changed)))).rejects.toBe(changed);
  });
});
