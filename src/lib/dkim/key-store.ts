import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EeError } from '../errors.js';
import { createPrivateFile, ensurePrivateFolder, readPrivateFile } from '../private-file.js';
import type { Secret } from '../secret.js';
import { generatePair, parsePair, type KeyPair } from './key-pair.js';
import { recordValue } from './record.js';
import { FIRST_SELECTOR } from './selector.js';

/*
 * Keys lie in SECRETS_DIR/dkim/<domain>/<selector>.pem. A domain with a single key signs with it. As soon as it has several,
 * the file `active` beside them holds the selector that signs: making a key never changes what signs.
 */

/** A key on this machine. */
export interface StoredKey {
  readonly domain: string;
  readonly selector: string;
  /** Absolute path of the private key. */
  readonly path: string;
  /** PKCS#1 PEM, whatever form the file has. */
  readonly privateKey: Secret;
  /** The TXT value to publish, as one string. */
  readonly record: string;
}

/** What `ensureKeys` found or did for one domain. */
export interface EnsuredKey {
  readonly domain: string;
  readonly selector: string;
  readonly path: string;
  readonly created: boolean;
}

/** Gives every domain a key. One that exists is never replaced; one that exists and cannot be used is an error. */
export async function ensureKeys(
  secretsDir: string,
  identities: readonly { readonly domain: string }[],
): Promise<EnsuredKey[]> {
  await ensurePrivateFolder(secretsDir);
  await ensurePrivateFolder(join(secretsDir, 'dkim'));
  const domains = [...new Set(identities.map(({ domain }) => domain))];
  return Promise.all(domains.map((domain) => ensureKey(secretsDir, domain)));
}

/** The key that signs for the domain; undefined when it has none. */
export async function readKey(secretsDir: string, domain: string): Promise<StoredKey | undefined> {
  const selector = await currentSelector(secretsDir, domain);
  if (selector === undefined) return undefined;
  const path = pathOf(secretsDir, domain, selector);
  const pem = await readPrivateFile(path);
  if (pem === undefined) throw new EeError('DKIM_KEY_UNUSABLE', { file: path, reason: 'it is missing' });
  const pair = parse(path, pem);
  return { domain, selector, path, privateKey: pair.privateKey, record: recordValue(pair.publicKey) };
}

/** The keys that sign for the domains, in their order. Throws one error that names every domain without a key. */
export async function readKeys(
  secretsDir: string,
  identities: readonly { readonly domain: string }[],
): Promise<StoredKey[]> {
  const keys: StoredKey[] = [];
  const missing: string[] = [];
  for (const { domain } of identities) {
    const key = await readKey(secretsDir, domain);
    if (key) keys.push(key);
    else missing.push(domain);
  }
  if (missing.length > 0) throw new EeError('DKIM_KEY_MISSING', { domains: missing });
  return keys;
}

/** The selector that signs for the domain; undefined when it has no key. Several keys without a choice are an error. */
export async function currentSelector(secretsDir: string, domain: string): Promise<string | undefined> {
  const folder = join(secretsDir, 'dkim', domain);
  const selectors = (await list(folder))
    .filter((name) => name.endsWith('.pem') && !name.startsWith('.'))
    .map((name) => name.slice(0, -'.pem'.length))
    .sort();
  const active = (await readPrivateFile(join(folder, 'active')))?.trim();
  if (active !== undefined) {
    if (selectors.includes(active)) return active;
    throw new EeError('DKIM_SELECTOR_UNCLEAR', { folder, selectors, reason: `active names "${active}"` });
  }
  if (selectors.length > 1)
    throw new EeError('DKIM_SELECTOR_UNCLEAR', { folder, selectors, reason: 'none is marked active' });
  return selectors[0];
}

async function ensureKey(secretsDir: string, domain: string): Promise<EnsuredKey> {
  const kept = await readKey(secretsDir, domain);
  if (kept) return { domain, selector: kept.selector, path: kept.path, created: false };

  await ensurePrivateFolder(join(secretsDir, 'dkim', domain));
  const path = pathOf(secretsDir, domain, FIRST_SELECTOR);
  const { privateKey } = await generatePair();
  if (await createPrivateFile(path, privateKey.reveal()))
    return { domain, selector: FIRST_SELECTOR, path, created: true };

  // Another run was faster: its key counts.
  const theirs = await readKey(secretsDir, domain);
  if (!theirs) throw new EeError('DKIM_KEY_UNUSABLE', { file: path, reason: 'the name is taken by something else' });
  return { domain, selector: theirs.selector, path: theirs.path, created: false };
}

function parse(file: string, pem: string): KeyPair {
  try {
    return parsePair(pem);
  } catch (cause) {
    throw new EeError(
      'DKIM_KEY_UNUSABLE',
      { file, reason: cause instanceof Error ? cause.message : String(cause) },
      { cause },
    );
  }
}

function pathOf(secretsDir: string, domain: string, selector: string): string {
  return join(secretsDir, 'dkim', domain, `${selector}.pem`);
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EeError('SECRET_FILE_UNUSABLE', { file: folder, action: 'read', reason }, { cause });
  }
}
