import { join } from 'node:path';
import { FIRST_SELECTOR } from '../dkim-selector.js';
import { EeError } from '../errors.js';
import { ensurePrivateFolder } from '../private-file.js';
import type { Secret } from '../secret.js';
import { keyFileSelectors, keyPath, makeKeyFile, readKeyFile, type KeyFile } from './key-files.js';
import type { DomainKey, DomainKeys } from './ledger/domain-keys.js';
import { domainFolder, readLedger } from './ledger/file.js';
import { recordValue } from './record.js';

/*
 * Keys lie in SECRETS_DIR/dkim/<domain>/<selector>.pem. The ledger beside them says which one signs; a domain without a ledger
 * was never rotated, and signs with its only key. Making a key never changes what signs.
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

type Domains = readonly { readonly domain: string }[];

/** Gives every domain a key. A domain that has one is left alone; a key that exists and cannot be used is an error. */
export async function ensureKeys(secretsDir: string, identities: Domains): Promise<EnsuredKey[]> {
  await ensurePrivateFolder(secretsDir);
  await ensurePrivateFolder(join(secretsDir, 'dkim'));
  const domains = [...new Set(identities.map(({ domain }) => domain))];
  return Promise.all(domains.map((domain) => ensureKey(secretsDir, domain)));
}

/** All keys of a domain with their states; undefined when it has none. */
export async function domainKeys(secretsDir: string, domain: string): Promise<DomainKeys | undefined> {
  return (await readLedger(secretsDir, domain)) ?? (await onlyKey(secretsDir, domain));
}

/** The selector that signs for the domain; undefined when it has no key. Several keys without a ledger are an error. */
export async function currentSelector(secretsDir: string, domain: string): Promise<string | undefined> {
  return (await domainKeys(secretsDir, domain))?.active.selector;
}

/** The key that signs for the domain; undefined when it has none. */
export async function readKey(secretsDir: string, domain: string): Promise<StoredKey | undefined> {
  const keys = await domainKeys(secretsDir, domain);
  return keys && storedKey(secretsDir, domain, keys.active);
}

/** The keys that sign for the domains, in their order. Throws one error that names every domain without a key. */
export async function readKeys(secretsDir: string, identities: Domains): Promise<StoredKey[]> {
  return ofEach(identities, (domain) => readKey(secretsDir, domain));
}

/** The file of a key; an error where it is missing, or holds another key than the ledger says. */
export async function storedKey(secretsDir: string, domain: string, key: DomainKey): Promise<StoredKey> {
  const { selector } = key;
  const file = await readKeyFile(secretsDir, domain, selector);
  const unusable = (reason: string): EeError =>
    new EeError('DKIM_KEY_UNUSABLE', { file: keyPath(secretsDir, domain, selector), reason });
  if (!file) throw unusable('it is missing');
  if (file.fingerprint !== key.fingerprint) throw unusable('it is another key than the one that the ledger names');
  return { domain, selector, path: file.path, privateKey: file.privateKey, record: recordValue(file.publicKey) };
}

/** Something of each domain, in their order; one error for all domains that have no key. */
async function ofEach<T>(identities: Domains, read: (domain: string) => Promise<T | undefined>): Promise<T[]> {
  const found: T[] = [];
  const missing: string[] = [];
  for (const { domain } of identities) {
    const one = await read(domain);
    if (one) found.push(one);
    else missing.push(domain);
  }
  if (missing.length > 0) throw new EeError('DKIM_KEY_MISSING', { domains: missing });
  return found;
}

async function ensureKey(secretsDir: string, domain: string): Promise<EnsuredKey> {
  const kept = await readKey(secretsDir, domain);
  if (kept) return { domain, selector: kept.selector, path: kept.path, created: false };

  await ensurePrivateFolder(domainFolder(secretsDir, domain));
  const path = keyPath(secretsDir, domain, FIRST_SELECTOR);
  const { created } = await makeKeyFile(secretsDir, domain, FIRST_SELECTOR);
  if (created) return { domain, selector: FIRST_SELECTOR, path, created };

  // Another run was faster: its key counts.
  const theirs = await readKey(secretsDir, domain);
  if (!theirs) throw new EeError('DKIM_KEY_UNUSABLE', { file: path, reason: 'the name is taken by something else' });
  return { domain, selector: theirs.selector, path: theirs.path, created: false };
}

/** A domain that was never rotated: its only key signs, since its file was written. */
async function onlyKey(secretsDir: string, domain: string): Promise<DomainKeys | undefined> {
  const selectors = await keyFileSelectors(secretsDir, domain);
  const [selector, ...others] = selectors;
  if (selector === undefined) return undefined;
  const folder = domainFolder(secretsDir, domain);
  if (others.length > 0) throw new EeError('DKIM_SELECTOR_UNCLEAR', { folder, selectors });
  const file = await readKeyFile(secretsDir, domain, selector);
  if (!file)
    throw new EeError('DKIM_KEY_UNUSABLE', { file: keyPath(secretsDir, domain, selector), reason: 'it is missing' });
  const active = activeSince(selector, file);
  return { domain, keys: [active], active };
}

const activeSince = (selector: string, { fingerprint, written }: KeyFile): DomainKey => ({
  selector,
  fingerprint,
  state: 'active',
  made: written,
  since: written,
  compromised: false,
});
