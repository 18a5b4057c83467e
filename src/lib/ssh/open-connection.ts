import type { Readable } from 'node:stream';
import { NodeSSH } from 'node-ssh';
import { EeError } from '../errors.js';
import type { HostAccess } from '../settings/settings.js';
import type { ConnectOptions } from './connect-options.js';
import { BOUNDS } from './bounds.js';
import { Connection } from './connection.js';
import { connectionFailure, READY_TIMEOUT_MS } from './connection-failure.js';
import { fingerprint, offeredAlgorithms } from './host-key.js';
import { findIdentities, type Identities } from './identities.js';
import { findKnownKeys, judge, type KnownKey, knownHostsName, recordKey } from './known-hosts.js';
import { findRoute, type Hop } from './route.js';
import { within } from './within.js';

const KEEPALIVE_MS = 10_000;
const KEEPALIVES_MISSED = 3;

/** Logs in to a host, through its jump hosts. Each of them is verified under its own name. */
export async function openConnection(access: HostAccess, options: ConnectOptions): Promise<Connection> {
  let connection: Connection | undefined;
  try {
    for (const hop of await findRoute(access, options.signal))
      connection = await openHop(hop, access, options, connection);
  } catch (error) {
    await connection?.close();
    throw error;
  }
  return connection as Connection;
}

async function openHop(
  hop: Hop,
  access: HostAccess,
  options: ConnectOptions,
  through?: Connection,
): Promise<Connection> {
  const { keyFile, knownHosts } = access;
  const name = hop.config.hostKeyAlias ?? knownHostsName(hop.address, hop.port);
  const identities = await findIdentities({
    user: hop.user,
    keyFile,
    agentSocket: options.agentSocket,
    config: hop.config,
    patience: options.bounds?.agent ?? BOUNDS.agent,
  });
  const login = async () =>
    logIn(hop, await findKnownKeys(knownHosts, name, options.signal), identities, options, through);
  const facts = (blob: Buffer) => ({ host: hop.label, address: name, fingerprint: fingerprint(blob), knownHosts });

  let result = await login();
  if (result.verdict === 'unknown') {
    // Asked between two connections: a host does not wait for a person longer than its LoginGraceTime.
    const accepted = options.acceptNewHostKey || (await options.askNewHostKey?.(facts(result.shown)));
    if (!accepted) throw new EeError('SSH_HOST_KEY_UNKNOWN', facts(result.shown));
    await recordKey(knownHosts, name, result.shown);
    result = await login();
  }
  if (result.verdict === 'known') return result.connection;
  if (result.verdict === 'revoked') throw new EeError('SSH_HOST_KEY_REVOKED', facts(result.shown));
  throw new EeError('SSH_HOST_KEY_CHANGED', facts(result.shown));
}

type Login =
  { verdict: 'known'; connection: Connection } | { verdict: 'unknown' | 'changed' | 'revoked'; shown: Buffer };

async function logIn(
  hop: Hop,
  known: readonly KnownKey[],
  { methods, tried }: Identities,
  { signal, bounds }: ConnectOptions,
  through: Connection | undefined,
): Promise<Login> {
  const during = `connecting to ${hop.label}`;
  if (signal?.aborted) throw new EeError('INTERRUPTED', { during });
  const trustedTypes = known.filter(({ kind }) => kind === 'trusted').map(({ type }) => type);
  let refused: Exclude<Login, { verdict: 'known' }> | undefined;
  const ssh = new NodeSSH();
  let disconnect: () => void = () => undefined;
  const signals = signal ? [signal] : [];
  try {
    const socket =
      through === undefined ? {} : { sock: (await through.forward(hop.address, hop.port, signals)) as Readable };
    const ready = ssh.connect({
      host: hop.address,
      port: hop.port,
      username: hop.user,
      ...socket,
      authHandler: [...methods],
      algorithms: { serverHostKey: offeredAlgorithms(trustedTypes) },
      // Asked again with each key exchange: a connection cannot change its host key under way either.
      hostVerifier: (shown: Buffer) => {
        const verdict = judge(known, shown);
        if (verdict !== 'known') refused = { verdict, shown };
        return verdict === 'known';
      },
      readyTimeout: READY_TIMEOUT_MS,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVES_MISSED,
    });
    const client = ssh.connection;
    // node-ssh stops listening when it is connected; an 'error' that nobody hears would end the process. 'close' follows.
    client?.on('error', () => undefined);
    disconnect = () => client?.destroy();
    // Behind a jump host that does not answer, even a destroyed connection says nothing of its end.
    await within(ready, READY_TIMEOUT_MS + BOUNDS.farewell, signals);
    if (!client) throw new Error('no connection');
    client.setNoDelay(true);
    return { verdict: 'known', connection: new Connection(ssh, client, through, { ...BOUNDS, ...bounds }) };
  } catch (error) {
    disconnect();
    if (refused) return refused;
    if (signal?.aborted) throw new EeError('INTERRUPTED', { during }, { cause: error });
    throw connectionFailure(error, hop, tried);
  }
}
