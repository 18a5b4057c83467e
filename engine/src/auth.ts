import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problem.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. Default: only the holder of the administrator's key. */
    access?: 'public' | 'local' | 'accounting';
  }
}

/** The keys of those who may call. */
export interface Keys {
  readonly admin: string;
  /** Opens the routes with the access `accounting`, which the administrator's does not. */
  readonly accounting: string;
}

/**
 * Refuses every request without the key in `X-API-Key`, also one for a route that does not exist: what is there is nobody's business.
 * A route must say so itself to be `public`, or `local`: open to processes of this host, not to what the web server passes on.
 */
export function requireKey(app: FastifyInstance, keys: Keys): void {
  const expected = { admin: digest(keys.admin), accounting: digest(keys.accounting) };
  app.addHook('onRequest', async (request) => {
    const { access } = request.routeOptions.config;
    if (access === 'public' && !request.is404) return;
    if (access === 'local' && isLocal(request)) return;
    const given = request.headers['x-api-key'];
    const wanted = access === 'accounting' && !request.is404 ? expected.accounting : expected.admin;
    if (typeof given !== 'string' || !timingSafeEqual(digest(given), wanted)) {
      throw new Problem(401, 'unauthorized', 'Send the API key in the header X-API-Key.');
    }
  });
}

/** Digests have one length, so that comparing them tells nothing about the key, not even how long it is. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** A proxy on this host connects from loopback as well, but says for whom. */
function isLocal({ socket, headers }: FastifyRequest): boolean {
  if ('x-forwarded-for' in headers || 'x-real-ip' in headers || 'forwarded' in headers) return false;
  const address = socket.remoteAddress ?? '';
  return loopback().check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function loopback(): BlockList {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  return list;
}
