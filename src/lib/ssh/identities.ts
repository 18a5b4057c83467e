import { access } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import ssh2 from 'ssh2';
import type { AnyAuthMethod, BaseAgent, ParsedKey } from 'ssh2';
import { EeError } from '../errors.js';
import { NotRegularFile, readRegular } from '../regular-file.js';
import { BOUNDS } from './bounds.js';
import type { SshConfig } from './ssh-config.js';
import { within } from './within.js';

/** The ways to prove who we are, in the order of trying, and their names for a refusal. */
export interface Identities {
  readonly methods: readonly AnyAuthMethod[];
  readonly tried: string;
}

interface Sought {
  readonly user: string;
  readonly keyFile?: string | undefined;
  readonly agentSocket?: string | undefined;
  readonly config: SshConfig;
  /** How long the agent is waited for, in milliseconds. */
  readonly patience?: number;
}

/**
 * A key file alone, if one is named (through the agent, if it is encrypted); else the agent's keys, then the identity
 * files of ssh_config. Throws SSH_KEY when the named file cannot be used.
 */
export async function findIdentities(sought: Sought): Promise<Identities> {
  const agent = await openAgent(sought.agentSocket, sought.config, sought.patience ?? BOUNDS.agent);
  return sought.keyFile === undefined ? fromConfig(sought, agent) : fromKeyFile(sought.user, sought.keyFile, agent);
}

async function fromKeyFile(user: string, file: string, agent: Agent | undefined): Promise<Identities> {
  const key = await readKey(file);
  if (key.state === 'missing') {
    throw new EeError('SSH_KEY', { file, reason: 'it does not exist or cannot be read', missing: true });
  }
  if (key.state === 'unusable') throw new EeError('SSH_KEY', { file, reason: key.reason });
  if (key.state === 'ready')
    return { methods: [{ type: 'publickey', username: user, key: key.text }], tried: `the key ${file}` };

  const publicKey = await readPublicKey(file);
  const held = agent?.keys.filter((candidate) => publicKey === undefined || blobOf(candidate).equals(publicKey)) ?? [];
  if (agent === undefined || held.length === 0) {
    throw new EeError('SSH_KEY', {
      file,
      reason: `it is encrypted and ${agent ? (agent.silent ?? 'the agent does not hold it') : 'no agent runs'}`,
    });
  }
  return { methods: [viaAgent(user, agent, held)], tried: `the key ${file} in the agent` };
}

async function fromConfig({ user, config }: Sought, agent: Agent | undefined): Promise<Identities> {
  const files = config.identityFiles.map((file) => expand(file, config));
  const methods: AnyAuthMethod[] = [];
  const tried: string[] = [];
  if (agent !== undefined) {
    const named = (await Promise.all(files.map(readPublicKey))).filter((key) => key !== undefined);
    const isNamed = (key: ParsedKey) => named.some((blob) => blob.equals(blobOf(key)));
    // Hosts close the connection after a few wrong keys (MaxAuthTries): the configured ones come first.
    const others = config.identitiesOnly ? [] : agent.keys.filter((key) => !isNamed(key));
    const keys = [...agent.keys.filter(isNamed), ...others];
    if (keys.length > 0) methods.push(viaAgent(user, agent, keys));
    tried.push(agent.silent ?? `${keys.length} ${keys.length === 1 ? 'key' : 'keys'} of the agent`);
  }
  for (const file of files) {
    const key = await readKey(file);
    if (key.state === 'missing') continue;
    if (key.state === 'ready') methods.push({ type: 'publickey', username: user, key: key.text });
    tried.push(
      key.state === 'ready' ? file : `${file} (not usable: ${key.state === 'encrypted' ? 'encrypted' : key.reason})`,
    );
  }
  return { methods, tried: tried.join(', ') || 'no key, for no agent runs and no identity file exists' };
}

type KeyFile =
  | { state: 'ready'; text: string }
  | { state: 'encrypted' }
  | { state: 'missing' }
  | { state: 'unusable'; reason: string };

/** No key is longer. */
const LONGEST_KEY = 1024 * 1024;

async function readKey(file: string): Promise<KeyFile> {
  const read = await readRegular(file, LONGEST_KEY).catch((error: unknown) => error);
  if (read instanceof NotRegularFile) return { state: 'unusable', reason: read.message };
  if (!Buffer.isBuffer(read)) return { state: 'missing' };
  const text = read.toString('utf8');
  const key = ssh2.utils.parseKey(text);
  if (!(key instanceof Error)) {
    return key.isPrivateKey() ? { state: 'ready', text } : { state: 'unusable', reason: 'it is a public key' };
  }
  if (/encrypted|passphrase/i.test(key.message)) return { state: 'encrypted' };
  return { state: 'unusable', reason: `it is no private key of a known kind (${key.message})` };
}

async function readPublicKey(file: string): Promise<Buffer | undefined> {
  const text = await readRegular(`${file}.pub`, LONGEST_KEY).catch(() => undefined);
  const key = text === undefined ? undefined : ssh2.utils.parseKey(text);
  return key === undefined || key instanceof Error ? undefined : key.getPublicSSH();
}

interface Agent {
  readonly socket: string;
  readonly keys: readonly ParsedKey[];
  /** Why it has no keys to show, where it gave no answer. */
  readonly silent?: string;
}

/** The agent's keys, asked beforehand: ssh2 gives the whole login up when the agent does not answer. */
async function openAgent(socket: string | undefined, config: SshConfig, patience: number): Promise<Agent | undefined> {
  const configured = config.identityAgent;
  const chosen = configured === undefined || configured === 'SSH_AUTH_SOCK' ? socket : expand(configured, config);
  if (!chosen || chosen === 'none') return undefined;
  if (
    !(await access(chosen).then(
      () => true,
      () => false,
    ))
  )
    return undefined;
  const agent = ssh2.createAgent(chosen);
  const asked = new Promise<Agent | undefined>((resolve) => {
    agent.getIdentities((error, keys) => {
      resolve(
        error || !keys ? undefined : { socket: chosen, keys: keys.map(parsed).filter((key) => key !== undefined) },
      );
    });
  });
  const silent = `the agent gave no answer within ${Math.ceil(patience / 1000)} s`;
  return within(asked, patience).catch(() => ({ socket: chosen, keys: [], silent }));
}

function viaAgent(username: string, { socket }: Agent, keys: readonly ParsedKey[]): AnyAuthMethod {
  const agent: BaseAgent = ssh2.createAgent(socket);
  // The agent signs as ever, but shows only these keys, in this order.
  agent.getIdentities = (callback) => callback(undefined, [...keys]);
  return { type: 'agent', username, agent };
}

type AgentKey = NonNullable<Parameters<Parameters<BaseAgent['getIdentities']>[0]>[1]>[number];

function parsed(key: AgentKey): ParsedKey | undefined {
  if (typeof key === 'object' && 'getPublicSSH' in key) return key;
  const blob = typeof key === 'object' && 'pubKey' in key ? key.pubKey : key;
  const result =
    typeof blob === 'object' && 'getPublicSSH' in blob ? blob : ssh2.utils.parseKey(blob as Buffer | string);
  return result instanceof Error ? undefined : result;
}

const blobOf = (key: ParsedKey): Buffer => key.getPublicSSH();

/** `~/` and the tokens of ssh_config(5) that name files. */
function expand(path: string, config: SshConfig): string {
  const tokens: Record<string, string> = {
    '%%': '%',
    '%d': homedir(),
    '%h': config.hostName,
    '%p': String(config.port),
    '%r': config.user,
    '%u': userInfo().username,
  };
  return path.replace(/^~(?=\/)/, homedir()).replace(/%[%dhpru]/g, (token) => tokens[token] ?? token);
}
