import { describe, expect, it } from 'vitest';
import { DomOutput, listed } from '../../../../src/lib/pmta/live/dom-output.js';
import { endOf, licenceOf } from '../../../../src/lib/pmta/live/licence.js';
import { leavesBackoff, limitsOf } from '../../../../src/lib/pmta/live/limits.js';
import { queuesOf, worstFirst } from '../../../../src/lib/pmta/live/queues.js';
import { serverOf } from '../../../../src/lib/pmta/live/server.js';
import { disabledSourcesOf, sourcesOf, virtualMtasOf } from '../../../../src/lib/pmta/live/virtual-mtas.js';

const said = (...lines: readonly string[]) => ({ text: lines.join('\n'), status: 0 });
const failed = (text: string) => ({ text, status: 1 });

describe('--dom output', () => {
  it('is keys and values, with escapes, among other lines', () => {
    const output = new DomOutput('Warning: slow\r\na.b="1"\nquote="say \\"hi\\" \\\\ there"\nempty=""\n');
    expect([output.get('a.b'), output.get('quote'), output.get('empty')]).toEqual(['1', 'say "hi" \\ there', '']);
    expect(output.get('Warning')).toBeUndefined();
  });

  it('has lists, whose elements keep their own keys', () => {
    const output = new DomOutput('queue[0].name="a"\nqueue[1].name="b"\nqueue[0].event[0].text="x"\nqueues="2"');
    expect(output.list('queue').map((record) => Object.fromEntries(record))).toEqual([
      { name: 'a', 'event[0].text': 'x' },
      { name: 'b' },
    ]);
    expect(new DomOutput('vmta.name="one"').list('vmta')).toEqual([new Map([['name', 'one']])]);
  });

  it('is an empty list when it says so, and unknown when it says something else', () => {
    expect(listed(said(''), 'queue')).toEqual([]);
    expect(listed(said('No queues.'), 'queue')).toEqual([]);
    expect(listed(said('DOMAIN   VMTA   RCPT', 'a.example  v  3'), 'queue')).toBeNull();
    expect(listed(failed(''), 'queue')).toBeNull();
  });
});

describe('the server', () => {
  const STATUS = [
    'mta.product.name="PowerMTA"',
    'mta.product.version="5.0r8"',
    'mta.lak.serial="0000 0000"',
    'status.status="running"',
    'status.shuttingDown="false"',
    'status.spool.initPct="100"',
    'status.spool.files.total="42"',
    'status.conn.smtpIn.cur="3"',
    'status.conn.smtpOut.max="200"',
    'status.traffic.lastHr.out.rcp="900"',
    'status.traffic.total.out.msg="12000"',
    'status.queue.smtp.rcp="57"',
    'status.somethingNew.of.version7="1"',
  ];

  it('is read from its keys, and what it does not tell is unknown', () => {
    const server = serverOf(said(...STATUS));
    expect(server).toMatchObject({
      product: 'PowerMTA',
      version: '5.0r8',
      status: 'running',
      shuttingDown: false,
      spool: { initialisedPercent: 100, files: 42 },
      connections: { in: { now: 3, max: null }, out: { now: null, max: 200 } },
      queued: { recipients: 57, domains: null, kilobytes: null },
    });
    expect(server.traffic.lastHour.out).toEqual({ recipients: 900, messages: null, kilobytes: null });
    expect(server.traffic.total.out.messages).toBe(12000);
    expect(server.traffic.total.in.recipients).toBeNull();
    expect(JSON.stringify(server)).not.toContain('0000 0000');
  });

  it('is unknown in every part when it did not answer', () => {
    const leaves = JSON.stringify(serverOf(failed('Error: cannot connect to pmtad.'))).match(/:([^{},]+)/g);
    expect(new Set(leaves)).toEqual(new Set([':null']));
  });
});

describe('the licence', () => {
  const LINES = ['product: PowerMTA', 'version: 5.0', 'serial: 0000 0000', 'expires: never', 'check: c2VjcmV0'];

  it.each([
    ['lines', said(...LINES)],
    ['keys', said(...LINES.map((line) => line.replace(/^(.*): (.*)$/, 'license.$1="$2"')))],
    ['keys of another name', said('mta.lak.product="PowerMTA"', 'mta.lak.version="5.0"', 'mta.lak.expires="never"')],
  ])('shows three of its entries and no other, from %s', (_form, answer) => {
    expect(licenceOf(answer)).toEqual({ product: 'PowerMTA', version: '5.0', expires: 'never' });
  });

  it('is unknown when it could not be read', () => {
    expect(licenceOf(failed('Error'))).toBeNull();
    expect(licenceOf(said('nothing of the kind'))).toBeNull();
  });

  it('ends at a date, or not at all', () => {
    expect(endOf('2027-01-31')?.getUTCFullYear()).toBe(2027);
    expect(endOf('20270131')?.toISOString()).toBe('2027-01-31T00:00:00.000Z');
    expect([endOf('never'), endOf('perpetual'), endOf(null)]).toEqual([null, null, null]);
  });
});

describe('the queues', () => {
  const QUEUES = said(
    'queue[0].name="gmail.com/vmta-mail1"',
    'queue[0].rcp="120"',
    'queue[0].mode="backoff"',
    'queue[0].paused="no"',
    'queue[0].retryTime="2026-11-24 07:10:00"',
    'queue[0].event[0].type="error"',
    'queue[0].event[0].time="2026-11-24 06:00:00"',
    'queue[0].event[0].text="421 4.7.28 slow down"',
    'queue[0].event[1].time="2026-11-24 05:00:00"',
    'queue[0].event[1].text="older"',
    'queue[1].name="yahoo.com/vmta-mail2"',
    'queue[1].rcp="500"',
    'queue[1].mode="normal"',
    'queue[1].paused="yes"',
    'queue[2].name="web.de/vmta-mail2"',
    'queue[2].rcp="900"',
    'queue[2].mode="normal"',
    'queue[3].name="a.example/vmta-mail2"',
    'queue[3].rcp="1"',
    'queue[3].event[0].text="connect rate limit"',
  );

  it('have a domain, a virtual MTA, a mode and their newest error', () => {
    const [first, , , last] = queuesOf(QUEUES) ?? [];
    expect(first).toEqual({
      name: 'gmail.com/vmta-mail1',
      domain: 'gmail.com',
      virtualMta: 'vmta-mail1',
      recipients: 120,
      kilobytes: null,
      mode: 'backoff',
      since: null,
      paused: false,
      oldest: null,
      retry: '2026-11-24 07:10:00',
      lastError: { time: '2026-11-24 06:00:00', text: '421 4.7.28 slow down' },
    });
    expect(last).toMatchObject({ mode: null, paused: null, lastError: { time: null, text: 'connect rate limit' } });
  });

  it('are shown worst first: backoff, paused, with an error, and then by size', () => {
    expect(worstFirst(queuesOf(QUEUES) ?? []).map(({ domain }) => domain)).toEqual([
      'gmail.com',
      'yahoo.com',
      'a.example',
      'web.de',
    ]);
  });

  it('are none, or unknown', () => {
    expect(queuesOf(said('No queues.'))).toEqual([]);
    expect(queuesOf(failed('Error: unknown option --maxitems'))).toBeNull();
  });
});

describe('the virtual MTAs', () => {
  it('have a name and what is queued for them', () => {
    expect(virtualMtasOf(said('vmta[0].name="v1"', 'vmta[0].rcp="7"', 'vmta[0].new="x"', 'vmta[1].name="v2"'))).toEqual(
      [
        { name: 'v1', recipients: 7 },
        { name: 'v2', recipients: null },
      ],
    );
  });

  it.each([
    ['a line of text', said('virtual-mta v1', 'smtp-source-host 192.0.2.11 mail1.example.com')],
    ['a line with more', said('  smtp-source-host: 192.0.2.11, mail1.example.com  (not on this host)')],
    ['one key', said('vmta.smtp-source-host="192.0.2.11 mail1.example.com"')],
    ['a key each', said('vmta.smtpSourceHost[0].ip="192.0.2.11"', 'vmta.smtpSourceHost[0].host="mail1.example.com"')],
    ['a key each, the host first', said('smtpSourceHost.host="mail1.example.com"', 'smtpSourceHost.ip="192.0.2.11"')],
  ])('have an address and a host, from %s', (_form, answer) => {
    expect(sourcesOf(answer)).toEqual([{ ip: '192.0.2.11', host: 'mail1.example.com' }]);
  });

  it('have several sources in their order', () => {
    const text = said('smtp-source-host 192.0.2.11 a.example.com', 'smtp-source-host 2001:db8::7 b.example.com');
    expect(sourcesOf(text)?.map(({ ip }) => ip)).toEqual(['192.0.2.11', '2001:db8::7']);
  });

  it('have an unknown source when they do not tell it', () => {
    expect(sourcesOf(failed('Error: unknown command'))).toBeNull();
    expect(sourcesOf(said('vmta.name="v1"'))).toBeNull();
  });
});

describe('disabled sources', () => {
  it.each([
    ['keys', said('source[0].ip="192.0.2.11"', 'source[0].queue="gmail.com/vmta-mail1"', 'source[0].until="never"')],
    ['a table', said('SOURCE  QUEUE  REENABLED', '192.0.2.11  gmail.com/vmta-mail1  never')],
  ])('are an address, a queue and the rest, from %s', (_form, answer) => {
    expect(disabledSourcesOf(answer)).toEqual([{ ip: '192.0.2.11', queue: 'gmail.com/vmta-mail1', note: 'never' }]);
  });

  it('are none only when that was said', () => {
    expect(disabledSourcesOf(said('No disabled sources.'))).toEqual([]);
    expect(disabledSourcesOf(said(''))).toEqual([]);
    expect(disabledSourcesOf(said('Something else.'))).toBeNull();
    expect(disabledSourcesOf(failed('Error: unknown command'))).toBeNull();
  });
});

describe('the limits of a queue', () => {
  const LIMITS = { 'max-msg-rate': '100/h', 'backoff-to-normal-after': 'never' };

  it.each([
    ['text', said('max-msg-rate 100/h', 'backoff-to-normal-after never', 'dkim-sign yes')],
    ['keys', said('settings.max-msg-rate="100/h"', 'settings.backoff-to-normal-after="never"')],
    ['keys in another spelling', said('settings.maxMsgRate="100/h"', 'settings.backoffToNormalAfter="never"')],
  ])('are those that hold it back, from %s', (_form, answer) => {
    expect(limitsOf(answer)).toEqual(LIMITS);
  });

  it('tell whether it comes out of backoff by itself', () => {
    expect(leavesBackoff(LIMITS)).toBe(false);
    expect(leavesBackoff({ 'backoff-to-normal-after': '1h' })).toBe(true);
    expect(leavesBackoff({ ...LIMITS, 'backoff-to-normal-after-delivery': 'yes' })).toBe(true);
    expect(leavesBackoff({ 'max-msg-rate': '100/h' })).toBeNull();
  });
});
