import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { probeSenders, type ProbeOptions } from '../../../../src/lib/deploy/probe/probe-senders.js';
import { type KeyPair, generatePair } from '../../../../src/lib/dkim/key-pair.js';
import { recordValue } from '../../../../src/lib/dkim/record.js';
import { split } from '../../../../src/lib/dns/character-strings.js';
import { EeError } from '../../../../src/lib/errors.js';
import { adapt } from '../../../../src/lib/pmta/adapt.js';
import { printText } from '../../../../src/lib/pmta/document.js';
import { parseText } from '../../../../src/lib/pmta/parse.js';
import { Secret } from '../../../../src/lib/secret.js';
import type { SendingIdentity, Settings } from '../../../../src/lib/settings/settings.js';
import { ensureCertificate } from '../../../../src/lib/tls/self-signed.js';
import { RelayHost, type Route } from '../../../support/relay-host.js';
import { planFor, twoIps } from '../../pmta/two-ips.js';

const PASSWORD = 's3cret-for-the-relay';
/** Each sends from an address of the loopback. */
const identities: readonly SendingIdentity[] = [2, 3, 4].map((host, at) => ({
  index: at + 1,
  ip: `127.0.0.${host}`,
  domain: `mail${at + 1}.example.com`,
  sender: `contact@mail${at + 1}.example.com`,
}));
const configuration = (): string => printText(adapt(parseText(twoIps()), planFor(3)).document);

let secretsDir: string;
let tls: { certificate: string; key: Secret };
let keys: KeyPair[];
let host: RelayHost;

beforeAll(async () => {
  secretsDir = await mkdtemp(join(tmpdir(), 'ee-probe-test-'));
  tls = await ensureCertificate(secretsDir, 'relay', { commonName: 'mail1.example.com', altNames: [] });
  keys = await Promise.all(identities.map(() => generatePair()));
});
afterAll(() => rm(secretsDir, { recursive: true, force: true }));
afterEach(() => host.stop());

const settings = (changes: Partial<Settings['pmta']> = {}): Settings =>
  ({
    secretsDir,
    sending: { identities },
    pmta: { smtpPort: 2525, smtpUser: 'relay', smtpPassword: new Secret(PASSWORD), ...changes },
  }) as unknown as Settings;

const routeOf = (sender: string): Route | undefined => {
  const at = identities.findIndex((identity) => identity.sender === sender);
  const identity = identities[at];
  const pem = keys[at]?.privateKey.reveal();
  if (!identity || pem === undefined) return undefined;
  return { ip: identity.ip, helo: identity.domain, key: { domain: identity.domain, selector: 'mail', pem } };
};

async function start(changes: Partial<Parameters<typeof RelayHost.start>[0]> = {}): Promise<void> {
  host = await RelayHost.start({
    certificate: tls.certificate,
    key: tls.key.reveal(),
    user: 'relay',
    password: PASSWORD,
    configuration,
    route: routeOf,
    ...changes,
  });
}

const resolveTxt = async (name: string): Promise<string[][]> => {
  const at = identities.findIndex(({ domain }) => name === `mail._domainkey.${domain}`);
  const key = keys[at];
  if (!key) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
  return [split(recordValue(key.publicKey))];
};

async function probed(changes: Partial<ProbeOptions> = {}, of = settings()): Promise<string[]> {
  const signal = new AbortController().signal;
  const probes = await probeSenders(host, of, {
    identities,
    resolveTxt,
    signal,
    emit: () => undefined,
    ...changes,
  });
  return probes.map(({ identity, outcome }) =>
    outcome.kind === 'signed'
      ? `${identity.index} ${outcome.selector} ${outcome.domain} ${outcome.ip} ${outcome.helo}`
      : `${identity.index} ${outcome.reason}`,
  );
}

const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no failure',
    (error: unknown) => (error instanceof EeError ? error.code : error),
  );

describe('probing the senders', () => {
  it('proves each of them, with a message of its own from its own address', async () => {
    await start();
    expect(await probed()).toEqual([
      '1 mail mail1.example.com 127.0.0.2 mail1.example.com',
      '2 mail mail2.example.com 127.0.0.3 mail2.example.com',
      '3 mail mail3.example.com 127.0.0.4 mail3.example.com',
    ]);
    expect(host.taken.map(({ from }) => from).sort()).toEqual(identities.map(({ sender }) => sender));
    for (const { from, to, text } of host.taken) {
      expect(to).toHaveLength(1);
      expect(to[0]).toMatch(/^probe-[0-9a-f]{12}-\d@ee-probe\.invalid$/);
      expect(text).toMatch(new RegExp(`^From: ${from}\r?$`, 'm'));
      expect(text).toMatch(/^Message-ID: <[0-9a-f-]{36}@mail\d\.example\.com>\r?$/m);
      expect(text).toMatch(/^Date: /m);
      expect(text).not.toMatch(/nodemailer/i);
    }
  });

  it('says of one that stays away what its queue says, and proves the others', async () => {
    await start({ route: (sender) => (sender.endsWith('mail2.example.com') ? undefined : routeOf(sender)) });
    const probes = await probed({ timeout: 10_000 });
    expect(probes[0]).toBe('1 mail mail1.example.com 127.0.0.2 mail1.example.com');
    expect(probes[1]).toBe(
      '2 PowerMTA took it, and it did not arrive within 10 s: the queue ee-probe.invalid/vmta-mail2 is empty',
    );
    expect(probes[2]).toBe('3 mail mail3.example.com 127.0.0.4 mail3.example.com');
  });

  it('finds one that sends from the address of another', async () => {
    await start({ route: (sender) => routeOf(sender.replace('mail3', 'mail1')) });
    expect((await probed())[2]).toBe('3 it should come from 127.0.0.4, and came from 127.0.0.2');
  });

  it('finds one that the configuration on the host does not have', async () => {
    await start({ configuration: () => printText(adapt(parseText(twoIps()), planFor(2)).document) });
    expect((await probed())[2]).toBe('3 the configuration on vps2 has no virtual MTA vmta-mail3');
  });

  it('sends nothing where the configuration takes no probes', async () => {
    await start({ configuration: twoIps });
    expect(await code(probed())).toBe('PROBE_UNPREPARED');
    expect(host.taken).toEqual([]);
  });

  it('says that the password is not the one of the relay', async () => {
    await start();
    const reasons = await probed({}, settings({ smtpPassword: new Secret('another') }));
    expect(reasons[0]).toMatch(/^1 PowerMTA refuses the login of PMTA_SMTP_USER: 535 /);
    expect(reasons.join()).not.toContain('another');
  });

  it('gives its password to no relay with another certificate', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ee-probe-test-'));
    const other = await ensureCertificate(folder, 'relay', { commonName: 'mail1.example.com', altNames: [] });
    await rm(folder, { recursive: true });
    await start({ certificate: other.certificate, key: other.key.reveal() });
    expect((await probed())[0]).toMatch(
      /^1 PowerMTA shows no TLS with the certificate of SECRETS_DIR\/tls\/relay\.crt: self-signed certificate$/,
    );
    expect(host.taken).toEqual([]);
  });

  it('gives its password to no relay without TLS', async () => {
    await start({ options: { hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true } });
    expect((await probed())[0]).toMatch(/^1 PowerMTA shows no TLS /);
    expect(host.taken).toEqual([]);
  });

  it('ends at an interrupt, and leaves nobody listening', async () => {
    await start({ route: () => undefined });
    const interrupt = new AbortController();
    const running = code(probed({ signal: interrupt.signal }));
    while (host.taken.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    interrupt.abort();
    expect(await running).toBe('INTERRUPTED');
  });
});
