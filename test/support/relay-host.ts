import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { createTransport } from 'nodemailer';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { RemoteListener, RemotePeer, RunResult } from '../../src/lib/ssh/host.js';
import { LocalHost } from './local-host.js';

/** How a relay sends what it takes: from which address, under which name, and signed with which key. */
export interface Route {
  readonly ip: string;
  readonly helo: string;
  readonly key?: { readonly domain: string; readonly selector: string; readonly pem: string };
}

interface RelayOptions {
  readonly certificate: string;
  readonly key: string;
  readonly user: string;
  readonly password: string;
  /** The configuration that the host has. */
  readonly configuration: () => string;
  /** How mail of a sender leaves; nothing when it stays in its queue. */
  readonly route: (sender: string) => Route | undefined;
  readonly options?: SMTPServerOptions;
}

/** This machine as VPS2 with a relay: what it takes for probes it hands over, signed, on the port that `listen` asked for. */
export class RelayHost extends LocalHost {
  override readonly name = 'vps2';
  readonly #relay: SMTPServer;
  readonly #options: RelayOptions;
  #sink: Server | undefined;
  /** What it was given: sender and recipients of each message. */
  readonly taken: { from: string; to: string[]; text: string }[] = [];

  private constructor(options: RelayOptions) {
    super();
    this.#options = options;
    this.#relay = new SMTPServer({
      cert: options.certificate,
      key: options.key,
      hideDSN: false,
      logger: false,
      onAuth: ({ username, password }, _session, done) =>
        username === options.user && password === options.password
          ? done(null, { user: username })
          : done(new Error('authentication credentials invalid')),
      onData: (stream, { envelope }, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const from = envelope.mailFrom ? envelope.mailFrom.address : '';
          const to = envelope.rcptTo.map(({ address }) => address);
          const text = Buffer.concat(chunks).toString();
          this.taken.push({ from, to, text });
          done(null, 'accepted');
          this.#deliver(from, to, text).catch(() => undefined);
        });
      },
      ...options.options,
    });
    this.#relay.on('error', () => undefined);
  }

  static async start(options: RelayOptions): Promise<RelayHost> {
    const host = new RelayHost(options);
    await once(host.#relay.listen(0, '127.0.0.1'), 'listening');
    return host;
  }

  override async run(script: string): Promise<RunResult> {
    this.scripts += 1;
    const stdout = /^cat '?\/etc\/pmta\/config/m.test(script) ? this.#options.configuration() : 'rc:queues\t0\n';
    return { code: 0, stdout: Buffer.from(stdout), stderr: Buffer.alloc(0) };
  }

  override dial = async (): Promise<Duplex> => {
    const socket = connect((this.#relay.server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };

  override listen = async (
    _address: string,
    _port: number,
    onConnection: (stream: Duplex, from: RemotePeer) => void,
  ): Promise<RemoteListener> => {
    const sink = createServer((socket) =>
      onConnection(socket, { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }),
    );
    this.#sink = sink.listen(0, '127.0.0.1');
    await once(sink, 'listening');
    return { close: async () => void sink.close() };
  };

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#relay.close(() => resolve()));
  }

  async #deliver(from: string, to: string[], text: string): Promise<void> {
    const route = this.#options.route(from);
    if (!route || !this.#sink) return;
    const { port } = this.#sink.address() as AddressInfo;
    const transport = createTransport({
      host: '127.0.0.1',
      port,
      localAddress: route.ip,
      name: route.helo,
      ignoreTLS: true,
    });
    const raw = `${route.key ? await signature(text, route.key) : ''}${text}`;
    await transport.sendMail({ envelope: { from, to }, raw });
    transport.close();
  }
}

async function signature(text: string, { domain, selector, pem }: NonNullable<Route['key']>): Promise<string> {
  const one = { signingDomain: domain, selector, privateKey: pem };
  const options = { ...one, canonicalization: 'relaxed/relaxed', algorithm: 'rsa-sha256', signatureData: [one] };
  return (await dkimSign(text, options)).signatures;
}
