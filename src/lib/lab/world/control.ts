import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { EeError } from '../../errors.js';
import type { Bounce, Complaint, Misbehaviour, ReceivedMessage, Refusal, Rule, SentReport } from './mailbox-types.js';

/** Where the world of a lab is spoken to. */
export interface WorldControl {
  readonly lab: string;
  /** The socket of its control service, on this machine. */
  readonly socket: string;
}

/** Milliseconds without a byte after which the service is taken for dead. */
const SILENCE = 30_000;

/** The messages that the providers received, the oldest first: all, or those for an address or a domain. */
export function receivedMessages(world: WorldControl, to?: string): Promise<ReceivedMessage[]> {
  return ask(world, 'GET', `/messages${to === undefined ? '' : `?to=${encodeURIComponent(to)}`}`);
}

/** One message, byte for byte as it came. Nothing when there is none with this ID. */
export async function rawMessage(world: WorldControl, id: string): Promise<Buffer | undefined> {
  const { status, body } = await send(world, 'GET', `/messages/${encodeURIComponent(id)}`);
  return status === 404 ? undefined : body;
}

/** What the providers refused because they were told to, or because the recipient is at none of their domains. */
export const refusals = (world: WorldControl): Promise<Refusal[]> => ask(world, 'GET', '/refusals');

/** Forgets every message and refusal. */
export const emptyMailboxes = (world: WorldControl): Promise<unknown> => ask(world, 'DELETE', '/messages');

/** Tells the provider of a domain, or of one mailbox, to misbehave. */
export function misbehave(world: WorldControl, scope: string, how: Misbehaviour): Promise<Rule> {
  const { at, answer, drop, refuseTls, delay, after, times } = how;
  const rule = { scope, at, answer, drop, delay, after, times, ...(refuseTls ? { refuse_tls: true } : {}) };
  return ask(world, 'POST', '/rules', rule);
}

/** Takes back what a provider was told about a domain and its mailboxes, or about one mailbox; without a scope everything. */
export const behave = (world: WorldControl, scope?: string): Promise<unknown> =>
  ask(world, 'DELETE', `/rules${scope === undefined ? '' : `?scope=${encodeURIComponent(scope)}`}`);

/** Has the provider that received a message complain about it (RFC 5965). A host that does not take the report is LAB_WORLD_REFUSED. */
export const complain = (world: WorldControl, id: string, complaint: Complaint = {}): Promise<SentReport> =>
  ask(world, 'POST', `/messages/${encodeURIComponent(id)}/complaint`, complaint);

/** Has it send a bounce for a message that it took (RFC 3464), to the return path. */
export const bounceLate = (world: WorldControl, id: string, bounce: Bounce = {}): Promise<SentReport> =>
  ask(world, 'POST', `/messages/${encodeURIComponent(id)}/bounce`, bounce);

async function ask<T>(world: WorldControl, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await send(world, method, path, body);
  const document = JSON.parse(answer.body.toString()) as T & { readonly error?: string };
  if (answer.status === 200) return document;
  throw new EeError('LAB_WORLD_REFUSED', { reason: document.error ?? `status ${answer.status}` });
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** HTTP over the service's socket, which is reached through the host's files: nobody on the lab's network can ask. */
async function send(world: WorldControl, method: string, path: string, body?: unknown): Promise<Answer> {
  try {
    const sent = request({ socketPath: world.socket, method, path, timeout: SILENCE });
    sent.once('timeout', () => sent.destroy(new Error('no answer in time')));
    const text = body === undefined ? '' : JSON.stringify(body);
    sent.setHeader('Content-Length', Buffer.byteLength(text));
    sent.end(text);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: await buffer(response) };
  } catch (cause) {
    throw new EeError('LAB_NOT_RUNNING', { lab: world.lab, host: 'world' }, { cause });
  }
}
