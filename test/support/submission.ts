import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import type { HostName } from '../../src/lib/settings/settings.js';
import type { TestLab } from './lab.js';

/** One message to hand over. */
export interface Submission {
  readonly from: string;
  /** Default: a reader at a domain of the lab. */
  readonly to?: string;
  readonly messageId?: string;
  /** The sending IP whose listener takes it. */
  readonly ip: string;
  readonly auth?: { user: string; pass: string };
}

/** Sends one message to PowerMTA's submission port, through a tunnel that ends on `via`: so PowerMTA sees that host. */
export async function submit(lab: TestLab, via: HostName, message: Submission): Promise<string> {
  return tunnelled(lab, via, message.ip, (port) => handOver(port, message));
}

/** Sends one message to PowerMTA at the near end of a tunnel, and gives its answer. */
export async function handOver(port: number, message: Submission): Promise<string> {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port,
    requireTLS: message.auth !== undefined,
    // The relay's certificate is its own; who is at the other end of the tunnel is known by the tunnel.
    tls: { rejectUnauthorized: false },
    connectionTimeout: 20_000,
    ...(message.auth ? { auth: message.auth } : {}),
  });
  try {
    const { response } = await transport.sendMail({
      from: message.from,
      to: message.to ?? 'reader@inbox.example',
      subject: 'a test of the lab',
      text: 'Nothing to see.',
      ...(message.messageId === undefined ? {} : { messageId: message.messageId }),
    });
    return response;
  } finally {
    transport.close();
  }
}

/** Leads a port of this machine to PowerMTA's submission port, by way of a host, for as long as `use` takes. */
export async function tunnelled<T>(
  lab: TestLab,
  via: HostName,
  ip: string,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const tunnel = execa(
    'ssh',
    [
      ...['-i', join(lab.folder, 'id_ed25519'), '-o', `UserKnownHostsFile=${join(lab.folder, 'known_hosts')}`],
      ...['-o', 'BatchMode=yes', '-o', 'ExitOnForwardFailure=yes', '-N', '-L', `127.0.0.1:${port}:${ip}:2525`],
      `root@${lab.setting(`${via.toUpperCase()}_IP`)}`,
    ],
    { reject: false },
  );
  try {
    for (let tries = 0; !(await accepts('127.0.0.1', port)) && tries < 100; tries += 1) await sleep(100);
    return await use(port);
  } finally {
    tunnel.kill();
    await tunnel;
  }
}

/** Whether a TCP connection comes about within three seconds. */
export function accepts(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 3000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
