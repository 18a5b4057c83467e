import { EeError } from '../../errors.js';
import { CONTROL_PORT } from './addresses.js';
import type { Misbehaviour, ReceivedMessage, Refusal, Rule } from './mailbox-types.js';

/** Where the world of a lab is spoken to. */
export interface WorldControl {
  readonly lab: string;
  readonly address: string;
}

/** The messages that the providers received, the oldest first: all, or those for an address or a domain. */
export function receivedMessages(world: WorldControl, to?: string): Promise<ReceivedMessage[]> {
  return ask(world, 'GET', `/messages${to === undefined ? '' : `?to=${encodeURIComponent(to)}`}`);
}

/** One message, byte for byte as it came. Nothing when there is none with this ID. */
export async function rawMessage(world: WorldControl, id: string): Promise<Buffer | undefined> {
  const response = await send(world, 'GET', `/messages/${encodeURIComponent(id)}`);
  if (response.status === 404) return undefined;
  return Buffer.from(await response.arrayBuffer());
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

async function ask<T>(world: WorldControl, method: string, path: string, body?: unknown): Promise<T> {
  const response = await send(world, method, path, body);
  const document = (await response.json()) as T & { readonly error?: string };
  if (response.ok) return document;
  throw new EeError('LAB_WORLD_REFUSED', { reason: document.error ?? `status ${response.status}` });
}

async function send(world: WorldControl, method: string, path: string, body?: unknown): Promise<Response> {
  const url = `http://${world.address}:${CONTROL_PORT}${path}`;
  const init: RequestInit = { method, signal: AbortSignal.timeout(30_000) };
  try {
    return await fetch(url, body === undefined ? init : { ...init, body: JSON.stringify(body) });
  } catch (cause) {
    throw new EeError('LAB_NOT_RUNNING', { lab: world.lab, host: 'world' }, { cause });
  }
}
