import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EeError } from '../errors.js';
import { createPrivateFile, ensurePrivateFolder, readPrivateBytes, unusable } from '../private-file.js';
import { fingerprint } from './fingerprint.js';
import { generatePair, parsePair, type KeyPair } from './key-pair.js';
import { domainFolder } from './ledger/file.js';

/** A key pair as its file has it. */
export interface KeyFile extends KeyPair {
  /** Absolute path of the private key. */
  readonly path: string;
  readonly fingerprint: string;
  /** When the file was written. */
  readonly written: Date;
}

/** Where a private key lies, or would: SECRETS_DIR/dkim/<domain>/<selector>.pem. */
export const keyPath = (secretsDir: string, domain: string, selector: string): string =>
  join(domainFolder(secretsDir, domain), `${selector}.pem`);

/** Reads a key; nothing where there is no such file. One that cannot be used is an error. */
export async function readKeyFile(secretsDir: string, domain: string, selector: string): Promise<KeyFile | undefined> {
  const path = keyPath(secretsDir, domain, selector);
  const file = await readPrivateBytes(path);
  if (!file) return undefined;
  const pair = parse(path, file.content.toString('utf8'));
  return { ...pair, path, fingerprint: fingerprint(pair.publicKey), written: file.written };
}

/** Makes a key under a selector, unless something of that name is there: that is left as it is, and said. */
export async function makeKeyFile(
  secretsDir: string,
  domain: string,
  selector: string,
): Promise<{ readonly created: boolean; readonly fingerprint: string }> {
  const { privateKey, publicKey } = await generatePair();
  const created = await createPrivateFile(keyPath(secretsDir, domain, selector), privateKey.reveal());
  return { created, fingerprint: fingerprint(publicKey) };
}

/** Writes a given key, and gives the time of its file; nothing where something else is there, which is left as it is. */
export async function bringKeyFile(
  secretsDir: string,
  domain: string,
  selector: string,
  { privateKey, publicKey }: KeyPair,
): Promise<Date | undefined> {
  await ensurePrivateFolder(domainFolder(secretsDir, domain));
  await createPrivateFile(keyPath(secretsDir, domain, selector), privateKey.reveal());
  const there = await readKeyFile(secretsDir, domain, selector).catch((error: unknown) => {
    if (error instanceof EeError && error.code === 'DKIM_KEY_UNUSABLE') return undefined;
    throw error;
  });
  return there?.fingerprint === fingerprint(publicKey) ? there.written : undefined;
}

/** The selectors of the key files of a domain, in the order of the alphabet. */
export async function keyFileSelectors(secretsDir: string, domain: string): Promise<string[]> {
  return (await list(domainFolder(secretsDir, domain)))
    .filter((name) => name.endsWith('.pem') && !name.startsWith('.'))
    .map((name) => name.slice(0, -'.pem'.length))
    .sort();
}

function parse(file: string, pem: string): KeyPair {
  try {
    return parsePair(pem);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EeError('DKIM_KEY_UNUSABLE', { file, reason }, { cause });
  }
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw unusable(folder, 'read', cause);
  }
}
