import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureCertificate, type Certificate } from '../../../src/lib/tls/self-signed.js';

let secrets: string;
beforeEach(async () => {
  secrets = await mkdtemp(join(tmpdir(), 'ee-tls-'));
});
afterEach(() => rm(secrets, { recursive: true, force: true }));

const RELAY = { commonName: 'mail1.example.com', altNames: ['198.51.100.2', 'relay.example.com'] };
const NOW = new Date('2026-03-03T10:00:00Z');
const after = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);
const file = (name: string): string => join(secrets, 'tls', name);
const ensure = (now = NOW, subject = RELAY): Promise<Certificate> => ensureCertificate(secrets, 'relay', subject, now);

/** The error of a handshake in which the client trusts this certificate alone, or undefined when it succeeds. */
async function handshake({ certificate, key }: Certificate, servername: string): Promise<string | undefined> {
  const server = createServer({ cert: certificate, key: key.reveal() }, (socket) => socket.end());
  server.on('tlsClientError', () => undefined); // the client hangs up on a wrong name
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const client = connect({
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      ca: certificate,
      servername,
    });
    await once(client, 'secureConnect');
    client.destroy();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  } finally {
    server.close();
  }
}

describe('a self-signed certificate', () => {
  it('is accepted by a TLS client that trusts it, under its names and no other', async () => {
    const relay = await ensureCertificate(secrets, 'relay', RELAY);
    expect(await handshake(relay, 'mail1.example.com')).toBeUndefined();
    expect(await handshake(relay, 'relay.example.com')).toBeUndefined();
    expect(await handshake(relay, 'other.example.com')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('is for TLS servers, with its names, 2048-bit RSA and SHA-256', async () => {
    const { certificate, fingerprint, created } = await ensure();
    const x509 = new X509Certificate(certificate);
    expect(created).toBe(true);
    expect(fingerprint).toBe(x509.fingerprint256);
    expect(x509.subject).toBe('CN=mail1.example.com');
    expect(x509.subjectAltName).toBe('DNS:mail1.example.com, IP Address:198.51.100.2, DNS:relay.example.com');
    expect(x509.ca).toBe(false);
    expect(x509.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']); // serverAuth
    expect(x509.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(new Date(x509.validTo).toISOString()).toBe('2028-06-05T10:00:00.000Z');
    expect(x509.verify(x509.publicKey)).toBe(true);
  });

  it('lies in files that only their owner can read', async () => {
    await ensure();
    expect((await readdir(join(secrets, 'tls'))).sort()).toEqual(['relay.crt', 'relay.key']);
    for (const name of ['relay.crt', 'relay.key']) expect((await stat(file(name))).mode & 0o777).toBe(0o600);
    expect((await stat(join(secrets, 'tls'))).mode & 0o777).toBe(0o700);
  });

  it('is kept while it has 30 days left', async () => {
    const first = await ensure();
    const again = await ensure(after(825 - 30));
    expect(again).toMatchObject({ certificate: first.certificate, fingerprint: first.fingerprint, created: false });
    expect(again.key.reveal()).toBe(first.key.reveal());
  });

  it('is renewed with a new key when less is left, and the old pair is put aside', async () => {
    const first = await ensure();
    const renewed = await ensure(after(825 - 29));
    expect(renewed.created).toBe(true);
    expect(renewed.key.reveal()).not.toBe(first.key.reveal());
    expect(await readFile(file('relay.crt.old'), 'utf8')).toBe(first.certificate);
    expect(await readFile(file('relay.key.old'), 'utf8')).toBe(first.key.reveal());
    expect(await ensure(after(825))).toMatchObject({ fingerprint: renewed.fingerprint, created: false });
  });

  it('is renewed when it must name another host, not when it must name fewer', async () => {
    const first = await ensure();
    expect((await ensure(NOW, { ...RELAY, altNames: [] })).fingerprint).toBe(first.fingerprint);
    expect((await ensure(NOW, { ...RELAY, altNames: ['198.51.100.9'] })).created).toBe(true);
  });

  it('is the same for all of several simultaneous calls', async () => {
    const made = await Promise.all([ensure(), ensure(), ensure()]);
    expect(new Set(made.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    expect(made.filter(({ created }) => created)).toHaveLength(1);
  });
});

describe('an interrupted call', () => {
  it('that left a key alone is finished with that key', async () => {
    const first = await ensure();
    await rm(file('relay.crt'));
    const finished = await ensure();
    expect(finished.created).toBe(true);
    expect(finished.key.reveal()).toBe(first.key.reveal());
  });

  it('that had put the certificate aside but not the key is finished', async () => {
    await ensure();
    await rename(file('relay.crt'), file('relay.crt.old'));
    expect((await ensure(after(800))).created).toBe(true);
    expect(await ensure(after(801))).toMatchObject({ created: false });
  });
});

describe('a pair that cannot be used', () => {
  const failure = (reason: string): object => ({
    code: 'TLS_PAIR_UNUSABLE',
    message: expect.stringContaining(reason) as string,
  });

  it('is an error, and stays as it is', async () => {
    const first = await ensure();
    await rm(file('relay.key'));
    await expect(ensure()).rejects.toMatchObject(failure('its key is missing'));

    const other = await ensureCertificate(secrets, 'other', RELAY, NOW);
    await writeFile(file('relay.key'), other.key.reveal(), { mode: 0o600 });
    await expect(ensure()).rejects.toMatchObject(failure('the key is not the one that the certificate was made for'));

    await writeFile(file('relay.crt'), 'nonsense');
    await expect(ensure()).rejects.toMatchObject(failure('the certificate is not valid PEM'));
    expect(await readFile(file('relay.crt'), 'utf8')).toBe('nonsense');
    expect(first.created).toBe(true);
  });

  it('is refused when other users can read the key', async () => {
    await ensure();
    await chmod(file('relay.key'), 0o644);
    await expect(ensure()).rejects.toMatchObject({ code: 'SECRET_FILE_OPEN', hint: `chmod 600 ${file('relay.key')}` });
  });
});
