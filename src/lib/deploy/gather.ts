import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { UsedFiles } from '../backup/used-files.js';
import { ensureKeys, readKey, type StoredKey } from '../dkim/key-store.js';
import { FIRST_SELECTOR } from '../dkim/selector.js';
import { EeError } from '../errors.js';
import { printDocument } from '../pmta/document.js';
import type { EngineInputs } from '../roles/engine.js';
import type { MailwizzInputs } from '../roles/mailwizz.js';
import type { PowermtaInputs } from '../roles/powermta.js';
import { Secret } from '../secret.js';
import type { HostName, Settings } from '../settings/settings.js';
import type { Subject } from '../tls/certificate.js';
import { ensureCertificate, readCertificate } from '../tls/self-signed.js';
import { adaptedConfiguration } from './adapted-configuration.js';
import { engineBundle, shipperBundle } from './engine-bundle.js';
import { readVerified } from './read-verified.js';
import type { DeployInputs } from './wanted.js';

export interface GatherOptions {
  readonly hosts: readonly HostName[];
  /** Make the keys and certificates that don't exist yet. Otherwise they are planned with, as empty ones. */
  readonly make: boolean;
}

/** Something that does not exist on this machine yet, and the domain that it is for. */
export interface Missing {
  readonly kind: 'DKIM key' | 'certificate';
  readonly domain: string;
}

/** What the roles need, and what of it is still to be made. */
export interface Gathered {
  readonly inputs: DeployInputs;
  readonly missing: readonly Missing[];
}

/** Brings together, on this machine, what the roles of these hosts need. */
export async function gather(settings: Settings, used: UsedFiles, { hosts, make }: GatherOptions): Promise<Gathered> {
  const wants = (host: HostName) => hosts.includes(host);
  const store = new Store(settings.secretsDir, make);
  const inputs = {
    ...(wants('vps1') ? { vps1: await forMailwizz(settings, used, store) } : {}),
    ...(wants('vps2') ? { vps2: await forPowermta(settings, used, store) } : {}),
    ...(wants('vps3') ? { vps3: await forEngine(settings, store) } : {}),
  };
  return { inputs, missing: store.missing };
}

async function forMailwizz(settings: Settings, used: UsedFiles, store: Store): Promise<MailwizzInputs> {
  const { panelDomain } = settings.mailwizz;
  return {
    application: used.application,
    tls: await store.certificate('panel', { commonName: panelDomain, altNames: [] }),
  };
}

async function forEngine(settings: Settings, store: Store): Promise<EngineInputs> {
  const { domain } = settings.engine;
  return {
    bundle: await engineBundle(settings.engine.source),
    tls: await store.engineCertificate(domain),
  };
}

async function forPowermta(settings: Settings, used: UsedFiles, store: Store): Promise<PowermtaInputs> {
  const { identities } = settings.sending;
  const keys = await store.dkimKeys(identities.map(({ domain }) => domain));
  const names = identities.map(({ domain }) => domain);
  const [first = settings.sending.baseDomain] = names;
  return {
    package: await packageFile(settings.pmta.package),
    licence: await readVerified(used.licence),
    configuration: printDocument((await adaptedConfiguration(settings, await readVerified(used.config))).document),
    dkimKeys: identities.map(({ index, domain }, at) => ({
      fileName: `mail${index}.pem`,
      domain,
      pem: keys[at]?.privateKey,
      local: join(settings.secretsDir, 'dkim', domain, `${keys[at]?.selector ?? FIRST_SELECTOR}.pem`),
    })),
    relayTls: await store.certificate('relay', { commonName: first, altNames: names }),
    accounting: {
      bundle: await shipperBundle(),
      engineCertificate: (await store.engineCertificate(settings.engine.domain)).certificate,
    },
  };
}

async function packageFile(path: string | undefined): Promise<PowermtaInputs['package']> {
  const setting = 'PMTA_PACKAGE';
  if (path === undefined) {
    throw new EeError('USAGE', {
      message: `${setting} is not set: the PowerMTA package (.deb) for VPS2 is needed.`,
      hint: `Set ${setting} to its path in the settings file.`,
    });
  }
  if (!path.endsWith('.deb')) {
    throw new EeError('USAGE', {
      message: `${setting} is ${path}: VPS2 runs Debian, and takes the vendor's .deb only.`,
      hint: 'Ask the vendor for the .deb, or make one of the .rpm: `alien -k --scripts FILE.rpm`',
    });
  }
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new EeError('FILE_MISSING', { what: 'The PowerMTA package', path, setting });
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return { path, bytes: found.size, sha256: hash.digest('hex') };
}

/** Keys and certificates of this machine. */
class Store {
  readonly missing: Missing[] = [];

  constructor(
    private readonly secretsDir: string,
    private readonly make: boolean,
  ) {}

  async dkimKeys(domains: readonly string[]): Promise<(StoredKey | undefined)[]> {
    if (this.make)
      await ensureKeys(
        this.secretsDir,
        domains.map((domain) => ({ domain })),
      );
    const keys = await Promise.all(domains.map((domain) => readKey(this.secretsDir, domain)));
    for (const [at, domain] of domains.entries()) if (!keys[at]) this.missing.push({ kind: 'DKIM key', domain });
    return keys;
  }

  /** VPS3 shows it, and VPS2 trusts it. */
  engineCertificate(domain: string): Promise<{ certificate: string; key: Secret }> {
    return this.certificate('engine', { commonName: domain, altNames: [] });
  }

  /** One that does not exist yet is an empty one: its file is to be written all the same. */
  async certificate(name: string, subject: Subject): Promise<{ certificate: string; key: Secret }> {
    if (this.make) return ensureCertificate(this.secretsDir, name, subject);
    const kept = await readCertificate(this.secretsDir, name, subject);
    const isNew = !this.missing.some(({ kind, domain }) => kind === 'certificate' && domain === subject.commonName);
    if (!kept && isNew) this.missing.push({ kind: 'certificate', domain: subject.commonName });
    return kept ?? { certificate: '', key: new Secret('') };
  }
}
