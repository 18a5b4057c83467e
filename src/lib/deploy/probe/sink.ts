import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import { PROBE_DOMAIN, PROBE_SINK } from '../../pmta/adapt/probe.js';
import type { Host, RemotePeer } from '../../ssh/host.js';
import { asSocket } from './local-socket.js';

/** A message as it arrived. */
export interface Received {
  /** The address that the connection came from. */
  readonly ip: string;
  /** The name in HELO or EHLO. */
  readonly helo: string;
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  readonly raw: Buffer;
}

export interface Sink {
  close(): Promise<void>;
}

/** A probe is a short text; nothing else comes here. */
const MOST_BYTES = 256 * 1024;

/**
 * Takes the probe messages that PowerMTA hands over on its host: `ee` itself is the server, at this end of the SSH connection.
 * `onMessage` gets each one. Throws PORT_TAKEN, SSH_FORWARDING, SSH_LOST.
 */
export async function openSink(host: Host, onMessage: (message: Received) => void): Promise<Sink> {
  const { SMTPServer } = await import('smtp-server');
  const server = new SMTPServer({
    name: PROBE_DOMAIN,
    banner: 'ee takes probe messages',
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: MOST_BYTES,
    logger: false,
    closeTimeout: 1,
    onData: (stream, session, done) => {
      collect(stream).then(
        (raw) => {
          onMessage(receivedFrom(session, raw));
          done(null, 'taken by ee');
        },
        (error: Error) => done(error),
      );
    },
  });
  server.on('error', () => undefined); // of one connection: its message is missed, which is told of the message
  const take = async (stream: Parameters<Parameters<Host['listen']>[2]>[0], { address, port }: RemotePeer) => {
    const socket = await asSocket(stream);
    server.connect(socket, { remoteAddress: address, remotePort: port });
  };
  const listener = await host.listen(PROBE_SINK.address, PROBE_SINK.port, (stream, from) => {
    take(stream, from).catch(() => stream.destroy());
  });
  return {
    close: async () => {
      await listener.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function collect(stream: SMTPServerDataStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  if (stream.sizeExceeded) throw new Error('the message is too big');
  return Buffer.concat(chunks);
}

function receivedFrom({ remoteAddress, hostNameAppearsAs, envelope }: SMTPServerSession, raw: Buffer): Received {
  return {
    ip: remoteAddress ?? '',
    helo: hostNameAppearsAs || '',
    mailFrom: envelope.mailFrom ? envelope.mailFrom.address : '',
    recipients: envelope.rcptTo.map(({ address }) => address),
    raw,
  };
}
