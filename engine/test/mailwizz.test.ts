import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mailwizz } from '../src/mailwizz.js';
import type { ServerAddress } from '../src/server-address.js';
import { HttpsServer } from './https-server.js';

const NAME = 'panel.example.com';

describe("MailWizz's API as the engine sees it", () => {
  let server: HttpsServer;
  beforeAll(async () => {
    server = await HttpsServer.start(NAME);
  });
  afterAll(() => server.stop());

  const panel = (changes: Partial<ServerAddress> = {}, now?: () => number) =>
    new Mailwizz({ server: { ...server.address, ...changes }, key: 'c0ffee' }, now);
  const asked = () => server.bodies.length;

  it.each([
    [200, 'ok'],
    [400, 'refused'],
    [401, 'refused'],
    [403, 'refused'],
    [404, 'down'],
    [500, 'down'],
    [503, 'down'],
  ])('[R101] that answers %i is %s', async (status, state) => {
    server.answer = ({ url, headers }, response) => {
      expect([url, headers.host, headers['x-api-key']]).toEqual(['/api/index.php/lists', NAME, 'c0ffee']);
      response.writeHead(status).end();
    };
    expect(await panel().state()).toBe(state);
  });

  it('[R101] is down where nobody answers, or somebody with another certificate, who is not shown the key', async () => {
    expect(await panel({ port: 1 }).state()).toBe('down');
    const before = asked();
    expect(await panel({ authorities: [] }).state()).toBe('down');
    expect(asked()).toBe(before);
  });

  it('is not asked without a key', async () => {
    expect(await new Mailwizz({}).state()).toBe('no key');
  });

  it('is asked once in half a minute, however often somebody wants to know', async () => {
    server.answer = (_request, response) => response.end('{}');
    let now = 0;
    const link = panel({}, () => now);
    const before = asked();
    await Promise.all([link.state(), link.state(), link.state()]);
    now = 30_000;
    await link.state();
    expect(asked() - before).toBe(1);
    now = 30_001;
    await link.state();
    expect(asked() - before).toBe(2);
  });
});
