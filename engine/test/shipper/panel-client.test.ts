import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PanelClient } from '../../src/shipper/panel-client.js';
import type { AccountingRecord } from '../../src/shipper/records.js';
import type { ServerAddress } from '../../src/server-address.js';
import { HttpsServer } from '../https-server.js';

const NAME = 'panel.example.com';
const NOW = Date.parse('2026-11-24T08:00:00Z');
const signal = new AbortController().signal;

const record = (fields: Record<string, string>): AccountingRecord => ({ kind: 'record', id: 'a'.repeat(64), fields });
const bounce = (changes: Record<string, string> = {}): AccountingRecord =>
  record({
    type: 'b',
    timeLogged: '2026-11-24 07:59:00+0000',
    'header_Message-Id': '<m1@mail1.example.com>',
    bounceCat: 'bad-mailbox',
    dsnDiag: 'smtp;550 no such user',
    ...changes,
  });

describe('MailWizz as the shipper sees it', () => {
  let server: HttpsServer;
  const waits: number[] = [];
  beforeAll(async () => {
    server = await HttpsServer.start(NAME);
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    server.bodies.splice(0);
    waits.splice(0);
    server.answer = (_request, response) => response.end('OK');
  });

  const client = (changes: Partial<ServerAddress> = {}) =>
    new PanelClient(
      { ...server.address, ...changes },
      { now: () => NOW, wait: (milliseconds) => Promise.resolve(void waits.push(milliseconds)) },
    );

  it('[R113] is told of a bounce under its own name, with the fields that it reads', async () => {
    server.answer = ({ method, url, headers }, response) => {
      expect([method, url, headers.host]).toEqual(['POST', '/index.php/dswh/pmta', NAME]);
      response.end('OK');
    };
    expect(await client().send([bounce()], signal)).toEqual({ kind: 'accepted', accepted: 1, duplicate: 0 });
    expect(JSON.parse(server.bodies[0] ?? '')).toEqual([
      {
        type: 'b',
        timeLogged: '2026-11-24 07:59:00+0000',
        'header_Message-Id': '<m1@mail1.example.com>',
        bounceCat: 'bad-mailbox',
        dsnDiag: 'smtp;550 no such user',
      },
    ]);
  });

  it('is told of bounces and complaints, and of nothing that it would take for one', async () => {
    const told = [
      bounce(),
      bounce({ type: 'rb' }),
      bounce({ type: 'rs', dsnAction: 'failed' }),
      record({ type: 'f', 'header_Message-Id': '<m2@mail1.example.com>' }),
    ];
    const untold = [
      bounce({ type: 'd' }),
      bounce({ type: 't' }),
      bounce({ type: 'rs', dsnAction: 'delayed' }),
      bounce({ type: 'rs', dsnAction: 'delivered' }),
      bounce({ type: 'rs' }),
      record({ type: 'b', bounceCat: 'bad-mailbox' }),
    ];
    expect(await client().send([...untold, ...told], signal)).toMatchObject({ kind: 'accepted', accepted: 4 });
    const events = JSON.parse(server.bodies[0] ?? '') as Record<string, string>[];
    expect(events.map(({ type }) => type)).toEqual(['b', 'rb', 'rs', 'f']);
    expect(events[3]).toMatchObject({ bounceCat: '', dsnDiag: '' });
  });

  it('is not bothered with a batch in which nothing is for it, even while it is away', async () => {
    const nothing = [bounce({ type: 'd' })];
    expect(await client({ port: 1 }).send(nothing, signal)).toEqual({ kind: 'accepted', accepted: 0, duplicate: 0 });
    expect(server.bodies).toEqual([]);
  });

  it.each([
    ['long ago', ['2026-11-24 07:59:50+0000'], []],
    ['seconds ago, in seconds since 1970', [String(NOW / 1000 - 4)], [6000]],
    ['at different times', ['2026-11-24 07:00:00+0000', '2026-11-24 07:59:57+0000'], [7000]],
    ['by a clock that is ahead', ['2026-11-24 09:00:00+0000'], [10_000]],
    ['at a time that nobody can read', ['yesterday'], [10_000]],
  ])('is told of what happened %s once it must know of the message', async (_when, times, waited) => {
    const events = times.map((timeLogged) => bounce({ timeLogged }));
    expect(await client().send(events, signal)).toMatchObject({ kind: 'accepted' });
    expect(waits).toEqual(waited);
  });

  it('is told nothing unless its certificate is right: trusted, and of its name', async () => {
    expect(await client({ authorities: [] }).send([bounce()], signal)).toMatchObject({
      kind: 'later',
      reason: expect.stringContaining('self-signed') as string,
    });
    expect(await client({ name: 'other.example.com' }).send([bounce()], signal)).toMatchObject({
      kind: 'later',
      reason: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') as string,
    });
    expect(server.bodies).toEqual([]);
  });

  it.each([
    [302, 'later'], // offline
    [403, 'later'],
    [404, 'later'],
    [413, 'refused'],
    [500, 'later'],
    [502, 'later'],
    [503, 'later'],
  ])('[R112] that answers %i has the batch %s', async (status, kind) => {
    server.answer = (_request, response) => response.writeHead(status).end();
    expect(await client().send([bounce()], signal)).toMatchObject({ kind, reason: `MailWizz answers ${status}` });
  });

  it('[R112] that breaks down over an event, and over nothing else, has it refused: others must not wait for it', async () => {
    server.answer = (_request, response, body) => response.writeHead(body.includes('550') ? 500 : 200).end();
    expect(await client().send([bounce()], signal)).toEqual({ kind: 'refused', reason: 'MailWizz answers 500' });
    expect(server.bodies).toEqual([expect.any(String), '[]', expect.any(String), '[]']);
    expect(waits).toEqual([5000]);
  });

  it('[R112] that broke down for a moment has the batch when it is shown again', async () => {
    let count = 0;
    server.answer = (_request, response) => response.writeHead(++count === 1 ? 500 : 200).end();
    expect(await client().send([bounce()], signal)).toEqual({ kind: 'accepted', accepted: 1, duplicate: 0 });
  });

  it('[R112] is asked again when it says so, or when it is away', async () => {
    server.answer = (_request, response) => response.writeHead(503, { 'Retry-After': '300' }).end();
    expect(await client().send([bounce()], signal)).toMatchObject({ kind: 'later', after: 300_000 });
    expect(await client({ port: 1 }).send([bounce()], signal)).toMatchObject({
      kind: 'later',
      reason: expect.stringContaining('ECONNREFUSED') as string,
    });
  });
});
