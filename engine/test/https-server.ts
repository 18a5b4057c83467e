import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCertificate } from '../../src/lib/tls/self-signed.js';

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A web server on 127.0.0.1 with a certificate of its own, which answers as the test says. */
export class HttpsServer {
  /** Bodies of the requests so far. */
  readonly bodies: string[] = [];
  answer: Answer = () => {
    throw new Error('nothing was to be asked');
  };

  private constructor(
    private readonly folder: string,
    private readonly server: Server,
    readonly name: string,
    readonly certificate: string,
  ) {}

  static async start(name: string): Promise<HttpsServer> {
    const folder = mkdtempSync(join(tmpdir(), 'ee-https-server-'));
    const made = await ensureCertificate(folder, 'site', { commonName: name, altNames: [] });
    const server = createServer({ cert: made.certificate, key: made.key.reveal() }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const it = new HttpsServer(folder, server, name, made.certificate);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        it.bodies.push(body);
        it.answer(request, response, body);
      });
    });
    return it;
  }

  /** Where it is, and that its certificate is trusted. */
  get address() {
    const { port } = this.server.address() as AddressInfo;
    return { address: '127.0.0.1', port, name: this.name, authorities: [this.certificate] };
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
