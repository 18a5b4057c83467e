import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { dnsResolver } from '../../../src/lib/dns/resolver.js';

/** What a name server of a test says: a response code (RFC 1035, 4.1.1) and, with 0, the records of the answer. */
type Reply = { rcode: number; records?: readonly { type: number; data: Buffer }[] } | 'silence';

const A = 1;
const PTR = 12;
const TXT = 16;
const opened: Socket[] = [];

/** A name server on the loopback that answers every question in the same way, in the wire format. */
async function nameServer(reply: Reply): Promise<string> {
  const socket = createSocket('udp4');
  opened.push(socket);
  socket.on('message', (question, from) => {
    if (reply === 'silence') return;
    const records = (reply.records ?? []).map(({ type, data }) => {
      const head = Buffer.from([0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 0xff]);
      return Buffer.concat([head, data]);
    });
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(0x8180 | reply.rcode, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8);
    // The question ends after its name's root label, its type and its class.
    const end = question.indexOf(0, 12) + 5;
    socket.send(Buffer.concat([header, question.subarray(12, end), ...records]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return `127.0.0.1:${socket.address().port}`;
}

const string = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const name = (...labels: string[]) => Buffer.concat([...labels.map(string), Buffer.from([0])]);

afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});

describe('dnsResolver', () => {
  it('finds addresses', async () => {
    const server = await nameServer({ rcode: 0, records: [{ type: A, data: Buffer.from([192, 0, 2, 7]) }] });
    expect(await dnsResolver([server]).a('mail1.example.com')).toEqual({ kind: 'found', values: ['192.0.2.7'] });
  });

  it('gives the names of an address in lower case and without the final dot', async () => {
    const server = await nameServer({
      rcode: 0,
      records: [{ type: PTR, data: name('Mail1', 'example', 'com') }],
    });
    expect(await dnsResolver([server]).ptr('192.0.2.7')).toEqual({ kind: 'found', values: ['mail1.example.com'] });
  });

  it('joins the strings of a text record without a blank', async () => {
    const server = await nameServer({
      rcode: 0,
      records: [{ type: TXT, data: Buffer.concat([string('v=DKIM1; p=AB'), string('CD')]) }],
    });
    expect(await dnsResolver([server]).txt('mail._domainkey.example.com')).toEqual({
      kind: 'found',
      values: ['v=DKIM1; p=ABCD'],
    });
  });

  it.each([
    [3, 'the name does not exist'],
    [0, 'it has no such record'],
  ])('knows from response code %i that there is nothing', async (rcode, reason) => {
    expect(await dnsResolver([await nameServer({ rcode })]).a('mail1.example.com')).toEqual({ kind: 'none', reason });
  });

  it.each([
    [2, /SERVFAIL/],
    [5, /refused/],
  ])('does not take response code %i for an answer', async (rcode, reason) => {
    const answer = await dnsResolver([await nameServer({ rcode })]).a('mail1.example.com');
    expect(answer).toEqual({ kind: 'unknown', reason: expect.stringMatching(reason) as string });
  });

  it('does not take silence for an answer', async () => {
    const resolver = dnsResolver([await nameServer('silence')], { timeout: 50 });
    expect(await resolver.ptr('192.0.2.7')).toEqual({ kind: 'unknown', reason: 'no answer in time' });
  });

  it('asks the next server where the first one does not answer', async () => {
    const silent = await nameServer('silence');
    const server = await nameServer({ rcode: 0, records: [{ type: A, data: Buffer.from([192, 0, 2, 8]) }] });
    const resolver = dnsResolver([silent, server], { timeout: 1500 });
    expect(await resolver.a('mail1.example.com')).toEqual({ kind: 'found', values: ['192.0.2.8'] });
  });
});
