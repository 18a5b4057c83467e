import { join } from 'node:path';
import { FIRST_SELECTOR } from '../dkim-selector.js';
import { EeError } from '../errors.js';
import { ensurePrivateFolder } from '../private-file.js';
import type { Secret } from '../secret.js';
import { keyFileSelectors, keyPath, makeKeyFile, readKeyFile, type KeyFile } from './key-files.js';
import { isPending, maySign, type DomainKey, type DomainKeys } from './ledger/domain-keys.js';
import { domainFolder, hasLedgerFile, readLedger } from './ledger/file.js';
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

/**
 * Gives every domain a key, under the first selector or the one that is given for it. A domain that has one is left alone; a key that
 * exists and cannot be used is an error.
 */
export async function ensureKeys(
  secretsDir: string,
  identities: Domains,
  selectors: ReadonlyMap<string, string> = new Map(),
): Promise<EnsuredKey[]> {
  await ensurePrivateFolder(secretsDir);
  await ensurePrivateFolder(join(secretsDir, 'dkim'));
  const domains = [...new Set(identities.map(({ domain }) => domain))];
  return Promise.all(domains.map((domain) => ensureKey(secretsDir, domain, selectors.get(domain) ?? FIRST_SELECTOR)));
}

/** The domains that have no key, each once. */
export async function withoutKey(secretsDir: string, identities: Domains): Promise<string[]> {
  const domains = [...new Set(identities.map(({ domain }) => domain))];
  const keys = await Promise.all(domains.map((domain) => domainKeys(secretsDir, domain)));
  return domains.filter((_, at) => keys[at] === undefined);
}

/** All keys of a domain with their states; undefined when it has none. */
export async function domainKeys(secretsDir: string, domain: string): Promise<DomainKeys | undefined> {
  return (await readLedger(secretsDir, domain)) ?? (await onlyKey(secretsDir, domain));
}

/** The selector that signs for the domain; undefined when it has no key, whose file need not be read for it. Several keys without a ledger are an error. */
export async function currentSelector(secretsDir: string, domain: string): Promise<string | undefined> {
  return (await readLedger(secretsDir, domain))?.active.selector ?? (await onlySelector(secretsDir, domain));
}

/** Selectors with which mail of the domain may be signed, now or before. */
export async function signedSelectors(secretsDir: string, domain: string): Promise<string[]> {
  const ledger = await readLedger(secretsDir, domain);
  if (ledger) return ledger.keys.filter(maySign).map(({ selector }) => selector);
  const only = await onlySelector(secretsDir, domain);
  return only === undefined ? [] : [only];
}

/** The key that signs for the domain; undefined when it has none. */
export async function readKey(secretsDir: string, domain: string): Promise<StoredKey | undefined> {
  const keys = await domainKeys(secretsDir, domain);
  return keys && storedKey(secretsDir, domain, keys.active);
}

/** The keys that sign for the domains, in their order. Throws one error that names every domain without a key. */
export async function readKeys(secretsDir: string, identities: Domains): Promise<StoredKey[]> {
  const found: StoredKey[] = [];
  const missing: string[] = [];
  for (const { domain } of identities) {
    const one = await readKey(secretsDir, domain);
    if (one) found.push(one);
    else missing.push(domain);
  }
  if (missing.length > 0) throw new EeError('DKIM_KEY_MISSING', { domains: missing, folder: secretsDir });
  return found;
}

/** The file of a key; an error where it is missing, or holds another key than the ledger says. */
export async function storedKey(secretsDir: string, domain: string, key: DomainKey): Promise<StoredKey> {
  const { selector } = key;
  const use = isPending(key) ? 'pending' : key.state === 'active' ? 'active' : 'past';
  const unusable = (reason: string): EeError<'DKIM_KEY_UNUSABLE'> =>
    new EeError('DKIM_KEY_UNUSABLE', { file: keyPath(secretsDir, domain, selector), reason, domain, use });
  const file = await readKeyFile(secretsDir, domain, selector).catch((error: unknown) => {
    throw isLoss(error) ? unusable(error.facts.reason) : error;
  });
  if (!file) throw unusable('it is missing');
  if (file.fingerprint !== key.fingerprint) throw unusable('it is another key than the one that the ledger names');
  return { domain, selector, path: file.path, privateKey: file.privateKey, record: recordValue(file.publicKey) };
}

/** Keys of a domain whose private half is not here any more, by selector, with what is there instead. Those that are revoked need none. */
export async function lostKeys(secretsDir: string, { domain, keys }: DomainKeys): Promise<ReadonlyMap<string, string>> {
  const lost = new Map<string, string>();
  for (const key of keys.filter(({ state }) => state !== 'revoked' && state !== 'removed')) {
    const loss = await lossOf(secretsDir, domain, key);
    if (loss) lost.set(key.selector, `its file ${loss.facts.file} is lost: ${loss.facts.reason}`);
  }
  return lost;
}

/** Why a key cannot be had; nothing where it can. A file that may not be read is no loss, and an error. */
async function lossOf(
  secretsDir: string,
  domain: string,
  key: DomainKey,
): Promise<EeError<'DKIM_KEY_UNUSABLE'> | undefined> {
  try {
    await storedKey(secretsDir, domain, key);
    return undefined;
  } catch (error) {
    if (isLoss(error)) return error;
    throw error;
  }
}

/** Whether an error says that a key is missing, or that something else is in its place. */
export const isLoss = (error: unknown): error is EeError<'DKIM_KEY_UNUSABLE'> =>
  error instanceof EeError && error.code === 'DKIM_KEY_UNUSABLE';

async function ensureKey(secretsDir: string, domain: string, selector: string): Promise<EnsuredKey> {
  const kept = await readKey(secretsDir, domain);
  if (kept) return { domain, selector: kept.selector, path: kept.path, created: false };

  await ensurePrivateFolder(domainFolder(secretsDir, domain));
  const path = keyPath(secretsDir, domain, selector);
  const { created } = await makeKeyFile(secretsDir, domain, selector);
  if (created) return { domain, selector, path, created };

  // Another run was faster: its key counts.
  const theirs = await readKey(secretsDir, domain);
  if (!theirs) throw new EeError('DKIM_KEY_UNUSABLE', { file: path, reason: 'the name is taken by something else' });
  return { domain, selector: theirs.selector, path: theirs.path, created: false };
}

/** A domain that was never rotated: its only key signs, since its file was written. */
async function onlyKey(secretsDir: string, domain: string): Promise<DomainKeys | undefined> {
  const selector = await onlySelector(secretsDir, domain);
  const file = selector === undefined ? undefined : await readKeyFile(secretsDir, domain, selector);
  if (selector === undefined || !file) return undefined;
  const active = activeSince(selector, file);
  return { domain, keys: [active], active, owed: false };
}

async function onlySelector(secretsDir: string, domain: string): Promise<string | undefined> {
  const selectors = await keyFileSelectors(secretsDir, domain);
  const [selector, ...others] = selectors;
  if (others.length === 0) return selector;
  const folder = domainFolder(secretsDir, domain);
  const emptied = await hasLedgerFile(secretsDir, domain);
  throw new EeError('DKIM_SELECTOR_UNCLEAR', { folder, selectors, emptied });
}

const activeSince = (selector: string, { fingerprint, written }: KeyFile): DomainKey => ({
  selector,
  fingerprint,
  state: 'active',
  made: written,
  since: written,
  compromised: false,
  tried: true,
});
