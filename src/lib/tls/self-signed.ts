import { X509Certificate } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { EeError } from '../errors.js';
import { createPrivateFile, ensurePrivateFolder, readPrivateFile } from '../private-file.js';
import { Secret } from '../secret.js';
import { isCurrent, newKey, readPair, selfSign, type Subject } from './certificate.js';

export interface Certificate {
  /** PEM. */
  readonly certificate: string;
  /** PKCS#8 PEM. */
  readonly key: Secret;
  /** SHA-256 of the certificate, in hex with colons. */
  readonly fingerprint: string;
  /** Whether this call made it, because there was none or because the old one was due. */
  readonly created: boolean;
}

/**
 * The self-signed certificate of that name: of the relay on VPS2, and of the web hosts until an ACME authority has given them theirs.
 * It lies in SECRETS_DIR/tls/<name>.{key,crt} and is kept while it names everybody in `subject` and has 30 days left; then the pair
 * is put aside as `.old` and a new one made. Interrupted anywhere, the next call finishes.
 */
export async function ensureCertificate(
  secretsDir: string,
  name: string,
  subject: Subject,
  now = new Date(),
): Promise<Certificate> {
  const folder = join(secretsDir, 'tls');
  await ensurePrivateFolder(secretsDir);
  await ensurePrivateFolder(folder);
  const path = join(folder, name);

  const kept = await readStored(path);
  if (kept && isCurrent(kept.x509, subject, now)) return present(kept.certificate, kept.key, false);
  if (kept) await putAside(path);
  return create(path, subject, now);
}

/** The pair of that name, or undefined where `ensureCertificate` would make one. Makes and renews nothing itself. */
export async function readCertificate(
  secretsDir: string,
  name: string,
  subject: Subject,
  now = new Date(),
): Promise<Certificate | undefined> {
  const stored = await readStored(join(secretsDir, 'tls', name));
  return stored && isCurrent(stored.x509, subject, now) ? present(stored.certificate, stored.key, false) : undefined;
}

/** The certificate of that name as it lies there, in PEM, whomever it names and however long it lasts; undefined when there is none. */
export async function storedCertificate(secretsDir: string, name: string): Promise<string | undefined> {
  return (await readStored(join(secretsDir, 'tls', name)))?.certificate;
}

interface Stored {
  readonly certificate: string;
  readonly key: string;
  readonly x509: X509Certificate;
}

/** undefined when there is no whole pair. A certificate without its key is an error: somebody lost the key. */
async function readStored(path: string): Promise<Stored | undefined> {
  const certificate = await readPrivateFile(`${path}.crt`);
  if (certificate === undefined) return undefined;
  const key = await readPrivateFile(`${path}.key`);
  if (key === undefined) throw new EeError('TLS_PAIR_UNUSABLE', { file: `${path}.crt`, reason: 'its key is missing' });
  return { certificate, key, x509: check(path, certificate, key) };
}

/** The certificate goes first: a key without a certificate is one that waits for it, and gets one. */
async function putAside(path: string): Promise<void> {
  await rename(`${path}.crt`, `${path}.crt.old`);
  await rename(`${path}.key`, `${path}.key.old`);
}

async function create(path: string, subject: Subject, now: Date): Promise<Certificate> {
  await createPrivateFile(`${path}.key`, await newKey()); // one that waits for its certificate is kept
  const key = (await readPrivateFile(`${path}.key`)) ?? '';
  const certificate = await sign(path, key, subject, now);
  if (await createPrivateFile(`${path}.crt`, certificate)) return present(certificate, key, true);

  // Another run was faster: its pair counts.
  const theirs = await readStored(path);
  if (!theirs)
    throw new EeError('TLS_PAIR_UNUSABLE', { file: `${path}.crt`, reason: 'the name is taken by something else' });
  return present(theirs.certificate, theirs.key, false);
}

async function sign(path: string, key: string, subject: Subject, now: Date): Promise<string> {
  try {
    return await selfSign(key, subject, now);
  } catch (cause) {
    throw new EeError('TLS_PAIR_UNUSABLE', { file: `${path}.key`, reason: 'it holds no RSA key in PEM' }, { cause });
  }
}

function check(path: string, certificate: string, key: string): X509Certificate {
  try {
    return readPair(certificate, key);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EeError('TLS_PAIR_UNUSABLE', { file: `${path}.crt`, reason }, { cause });
  }
}

function present(certificate: string, key: string, created: boolean): Certificate {
  return { certificate, key: new Secret(key), fingerprint: new X509Certificate(certificate).fingerprint256, created };
}
