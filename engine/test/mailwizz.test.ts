import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureCertificate } from '../../src/lib/tls/self-signed.js';
import { Mailwizz } from '../src/mailwizz.js';

const NAME = 'panel.example.com';

describe("MailWizz's API as the engine sees it", () => {
  let folder: string;
  let server: Server;
  let certificate: string;
  let answer: RequestListener;
  let asked = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ee-mailwizz-'));
    const made = await ensureCertificate(folder, 'panel', { commonName: NAME, altNames: [] });
    certificate = made.certificate;
    server = createServer({ cert: certificate, key: made.key.reveal() }, (request, response) => {
      asked += 1;
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const panel = (changes: { port?: number; authorities?: string[] } = {}, now?: () => number) => {
    const { port } = server.address() as AddressInfo;
    const address = { address: '127.0.0.1', port, name: NAME, authorities: [certificate], ...changes };
    return new Mailwizz({ server: address, key: 'c0ffee' }, now);
  };

  it.each([
    [200, 'ok'],
    [400, 'refused'],
    [401, 'refused'],
    [403, 'refused'],
    [404, 'down'],
    [500, 'down'],
    [503, 'down'],
  ])('[R101] that answers %i is %s', async (status, state) => {
    answer = ({ url, headers }, response) => {
      expect([url, headers.host, headers['x-api-key']]).toEqual(['/api/index.php/lists', NAME, 'c0ffee']);
      response.writeHead(status).end();
    };
    expect(await panel().state()).toBe(state);
  });

  it('[R101] is down where nobody answers, or somebody with another certificate, who is not shown the key', async () => {
    expect(await panel({ port: 1 }).state()).toBe('down');
    const before = asked;
    expect(await panel({ authorities: [] }).state()).toBe('down');
    expect(asked).toBe(before);
  });

  it('is not asked without a key', async () => {
    expect(await new Mailwizz({}).state()).toBe('no key');
  });

  it('is asked once in half a minute, however often somebody wants to know', async () => {
    answer = (_request, response) => response.end('{}');
    let now = 0;
    const link = panel({}, () => now);
    const before = asked;
    await Promise.all([link.state(), link.state(), link.state()]);
    now = 30_000;
    await link.state();
    expect(asked - before).toBe(1);
    now = 30_001;
    await link.state();
    expect(asked - before).toBe(2);
  });
});
