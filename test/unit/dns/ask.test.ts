import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encode } from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { ask } from '../../../src/lib/dns/ask.js';
import { LoopbackServer, TRUNCATED_RESPONSE, a, answer, streamedAnswer, txt } from './name-servers.js';

const started: LoopbackServer[] = [];
const start: typeof LoopbackServer.start = async (...how) => {
  const one = await LoopbackServer.start(...how);
  started.push(one.server);
  return one;
};
afterEach(() => {
  for (const server of started.splice(0)) server.stop();
});

const question = { name: 'mail1.example.com', type: 'A' } as const;
const right = a('mail1.example.com', '192.0.2.7');
/** A busy machine may take its time for an answer: only what is silent is given up soon. */
const patient = { recursion: true, timeouts: [30_000] };

describe('ask', () => {
  it('asks with EDNS, an ID and a port that differ each time, and with recursion where it is wanted', async () => {
    const { server, address } = await start((query) => [answer(query, { answers: [right] })]);
    await ask(address, question, patient);
    await ask(address, question, { ...patient, recursion: false });
    const [first, second] = server.queries;
    expect(first?.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232 }]);
    expect([first?.flag_rd, second?.flag_rd]).toEqual([true, false]);
    expect(new Set(server.queries.map(({ id }) => id)).size).toBe(2);
    expect(new Set(server.ports).size).toBe(2);
  });

  it('takes the answer over TCP when it does not fit into a packet', async () => {
    const long = txt('mail1.example.com', 'x'.repeat(250), 'y'.repeat(250));
    const { address } = await start(
      (query) => [answer(query, { flags: TRUNCATED_RESPONSE })],
      (query) => streamedAnswer(query, { answers: [long] }),
    );
    const reply = await ask(address, { name: 'mail1.example.com', type: 'TXT' }, patient);
    expect(reply).toMatchObject({ kind: 'packet', packet: { flag_tc: false, answers: [{ type: 'TXT' }] } });
  });

  it('does not take a packet with another ID, another question or no DNS in it', async () => {
    const { address } = await start((query) => [
      answer({ ...query, id: ((query.id ?? 0) + 1) % 65_536 }, { answers: [a('mail1.example.com', '203.0.113.1')] }),
      answer({ ...query, questions: [{ name: 'evil.example.com', type: 'A' }] }, { answers: [right] }),
      Buffer.from('nonsense'),
      encode({ type: 'query', id: query.id ?? 0, questions: query.questions }),
      answer(query, { answers: [right] }),
    ]);
    expect(await ask(address, question, patient)).toMatchObject({ packet: { answers: [{ data: '192.0.2.7' }] } });
  });

  it('asks again when nothing comes, and each time as a new question', async () => {
    const { server, address } = await start((query, attempt) =>
      attempt < 3 ? [] : [answer(query, { answers: [right] })],
    );
    const options = { recursion: true, timeouts: [20, 20, 30_000] };
    expect(await ask(address, question, options)).toMatchObject({ kind: 'packet' });
    expect(new Set(server.queries.map(({ id }) => id)).size).toBe(3);
  });

  it('asks without EDNS where the server does not know it', async () => {
    const { server, address } = await start((query) => [
      query.additionals?.length ? answer(query, { code: 1 }) : answer(query, { answers: [right] }),
    ]);
    expect(await ask(address, question, patient)).toMatchObject({ packet: { answers: [{ data: '192.0.2.7' }] } });
    expect(server.queries).toHaveLength(2);
  });

  it('says why nobody answered', async () => {
    const { address, server } = await start(() => []);
    expect(await ask(address, question, { ...patient, timeouts: [20] })).toEqual({
      kind: 'silence',
      reason: 'no answer in time',
    });
    server.stop();
    started.length = 0;
    expect(await ask(address, question, patient)).toEqual({
      kind: 'silence',
      reason: 'no name server listens there',
    });
  });

  it('gives up in time although memory is cleaned up meanwhile', async () => {
    setFlagsFromString('--expose-gc');
    const cleanUp = runInNewContext('gc') as () => void;
    const { address } = await start(() => []);
    const { signal } = new AbortController();
    const asking = ask(address, question, { recursion: true, timeouts: [300], signal });
    const cleaning = setInterval(cleanUp, 20);
    try {
      expect(await asking).toEqual({ kind: 'silence', reason: 'no answer in time' });
    } finally {
      clearInterval(cleaning);
    }
  });

  it('ends at once when it is aborted', async () => {
    const { address } = await start(() => []);
    const abort = new AbortController();
    const asking = ask(address, question, { recursion: true, timeouts: [60_000], signal: abort.signal });
    abort.abort(new Error('interrupted'));
    await expect(asking).rejects.toThrow('interrupted');
  });
});
