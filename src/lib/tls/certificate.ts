import { createPrivateKey, generateKeyPair, randomBytes, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';

/** Whom a certificate speaks for. `altNames` are DNS names and IP addresses. */
export interface Subject {
  readonly commonName: string;
  readonly altNames: readonly string[];
}

const DAY = 86_400_000;
/** The longest that common clients accept of a certificate that they were told to trust. */
const VALID_DAYS = 825;
export const RENEW_DAYS = 30;

const generateAsync = promisify(generateKeyPair);

/** A new RSA-2048 private key in PKCS#8 PEM. */
export async function newKey(): Promise<string> {
  const { privateKey } = await generateAsync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Signs a server certificate for the key with the key itself (RFC 5280), valid from a day before `now` for clocks that are behind. */
export async function selfSign(keyPem: string, subject: Subject, now: Date): Promise<string> {
  const { default: forge } = await import('node-forge');
  const privateKey = forge.pki.privateKeyFromPem(keyPem);
  const certificate = forge.pki.createCertificate();
  const name = [{ name: 'commonName', value: subject.commonName }];
  certificate.publicKey = forge.pki.setRsaPublicKey(privateKey.n, privateKey.e);
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`; // positive, at most 20 octets
  certificate.validity.notBefore = new Date(now.getTime() - DAY);
  certificate.validity.notAfter = new Date(now.getTime() + VALID_DAYS * DAY);
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: names(subject).map(altName) },
    { name: 'subjectKeyIdentifier' },
  ]);
  certificate.sign(privateKey, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}

/**
 * Reads a certificate that belongs to the key. Throws an Error that says which of the two is wrong and how.
 */
export function readPair(certificatePem: string, keyPem: string): X509Certificate {
  const certificate = decode('the certificate', () => new X509Certificate(certificatePem));
  const key = decode('the key', () => createPrivateKey(keyPem));
  if (!certificate.checkPrivateKey(key)) throw new Error('the key is not the one that the certificate was made for');
  return certificate;
}

/** Whether a certificate still does its work: it names everybody it should, and does not end within 30 days. */
export function isCurrent(certificate: X509Certificate, subject: Subject, now: Date): boolean {
  const left = new Date(certificate.validTo).getTime() - now.getTime();
  const covered = names(subject).every((name) =>
    isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name, { subject: 'never' }),
  );
  return left >= RENEW_DAYS * DAY && covered;
}

/** Clients look at the alternative names only, so the common name is one of them. */
function names({ commonName, altNames }: Subject): string[] {
  return [...new Set([commonName, ...altNames])];
}

function altName(name: string): { type: number; value?: string; ip?: string } {
  return isIP(name) ? { type: 7, ip: name } : { type: 2, value: name };
}

function decode<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new Error(`${what} is not valid PEM`, { cause });
  }
}
