import { FIRST_SELECTOR } from '../dkim-selector.js';
import { examineLicence } from '../backup/licence.js';
import type { UsedFiles } from '../backup/used-files.js';
import { keyPath } from '../dkim/key-files.js';
import { domainKeys, ensureKeys, readKey, type StoredKey } from '../dkim/key-store.js';
import { printDocument } from '../pmta/document.js';
import { dkimKeyFile, revokedKeyFile, type DkimKeyFile } from '../roles/dkim-keys.js';
import type { EngineInputs } from '../roles/engine.js';
import type { MailwizzInputs } from '../roles/mailwizz.js';
import type { PowermtaInputs } from '../roles/powermta.js';
import { Secret } from '../secret.js';
import type { HostName, SendingIdentity, Settings } from '../settings/settings.js';
import type { Subject } from '../tls/certificate.js';
import { ensureCertificate, readCertificate } from '../tls/self-signed.js';
import { adaptedConfiguration } from './adapted-configuration.js';
import { keysKnownHere } from './known-keys.js';
import { engineBundle, shipperBundle } from './engine-bundle.js';
import { licenceDoubts, powermtaPackage } from './powermta-package.js';
import { readVerified } from './read-verified.js';
import type { DeployInputs } from './wanted.js';
import { isCertifiable, waiting, type WebNames } from './web-names.js';

export interface GatherOptions {
  readonly hosts: readonly HostName[];
  /** Make the keys and certificates that don't exist yet. Otherwise they are planned with, as empty ones. */
  readonly make: boolean;
  /** What DNS says of the names of the web hosts. */
  readonly names: WebNames;
  /** A configuration of PowerMTA that somebody else changed on VPS2 may be replaced. */
  readonly overwriteDrift: boolean;
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
  /** What does not seem to go together, for the operator to judge: sentences. */
  readonly doubts: readonly string[];
  /** What the next run will do, once the operator has done his part: sentences. */
  readonly waiting: readonly string[];
}

/** Brings together, on this machine, what the roles of these hosts need. */
export async function gather(
  settings: Settings,
  used: UsedFiles,
  { hosts, make, names, overwriteDrift }: GatherOptions,
): Promise<Gathered> {
  const wants = (host: HostName) => hosts.includes(host);
  const store = new Store(settings.secretsDir, make);
  const inputs = {
    ...(wants('vps1')
      ? { vps1: { ...(await forMailwizz(settings, used, store)), certifiable: isCertifiable(names.vps1) } }
      : {}),
    ...(wants('vps2') ? { vps2: { ...(await forPowermta(settings, used, store)), overwriteDrift } } : {}),
    ...(wants('vps3')
      ? { vps3: { ...(await forEngine(settings, store)), certifiable: isCertifiable(names.vps3) } }
      : {}),
  };
  return { inputs, missing: store.missing, doubts: store.doubts, waiting: waiting(names) };
}

async function forMailwizz(
  settings: Settings,
  used: UsedFiles,
  store: Store,
): Promise<Omit<MailwizzInputs, 'certifiable'>> {
  const { panelDomain } = settings.mailwizz;
  return {
    application: used.application,
    tls: await store.panelCertificate(panelDomain),
  };
}

async function forEngine(settings: Settings, store: Store): Promise<Omit<EngineInputs, 'certifiable'>> {
  const { domain } = settings.engine;
  return {
    bundle: await engineBundle(settings.engine.source),
    tls: await store.engineCertificate(domain),
    panelCertificate: (await store.panelCertificate(settings.mailwizz.panelDomain)).certificate,
  };
}

async function forPowermta(settings: Settings, used: UsedFiles, store: Store): Promise<PowermtaInputs> {
  const { identities } = settings.sending;
  const keys = await store.dkimKeys(identities.map(({ domain }) => domain));
  const pmta = await powermtaPackage(settings);
  const licence = await readVerified(used.licence);
  store.doubts.push(...licenceDoubts(pmta, examineLicence(licence, new Date()).facts));
  return {
    package: pmta,
    licence,
    configuration: printDocument((await adaptedConfiguration(settings, await readVerified(used.config))).document),
    dkimKeys: identities.map((identity, at) => keyFileOf(settings, identity, keys[at])),
    knownKeys: await keysKnownHere(settings),
    revokedKeys: await revokedKeyFiles(settings),
    relayTls: await relayCertificate(settings, store),
    accounting: {
      bundle: await shipperBundle(),
      engineCertificate: (await store.engineCertificate(settings.engine.domain)).certificate,
      panelCertificate: (await store.panelCertificate(settings.mailwizz.panelDomain)).certificate,
    },
  };
}

/** The key that signs for an identity, as a file of the host; the first one of its domain where there is none yet. */
function keyFileOf({ secretsDir }: Settings, identity: SendingIdentity, key: StoredKey | undefined): DkimKeyFile {
  const selector = key?.selector ?? FIRST_SELECTOR;
  const local = key?.path ?? keyPath(secretsDir, identity.domain, selector);
  return dkimKeyFile({ ...identity, selector }, { local, pem: key?.privateKey });
}

async function revokedKeyFiles({ secretsDir, sending }: Settings): Promise<string[]> {
  const files = await Promise.all(
    sending.identities.map(async (identity) => {
      const keys = (await domainKeys(secretsDir, identity.domain))?.keys ?? [];
      const gone = keys.filter(({ state }) => state === 'revoked' || state === 'removed');
      return gone.map(({ selector }) => revokedKeyFile(identity, selector));
    }),
  );
  return files.flat();
}

/** One for all names of the relay: VPS2 shows it, VPS1 and VPS3 trust it and no other. */
async function relayCertificate({ sending }: Settings, store: Store): Promise<{ certificate: string; key: Secret }> {
  const names = sending.identities.map(({ domain }) => domain);
  return store.certificate('relay', { commonName: names[0] ?? sending.baseDomain, altNames: names });
}

/** Keys and certificates of this machine. */
class Store {
  readonly missing: Missing[] = [];
  readonly doubts: string[] = [];
  readonly #certificates = new Map<string, { certificate: string; key: Secret }>();

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

  /** VPS1 shows it; VPS2, which tells it of bounces, trusts it, and so does VPS3. */
  panelCertificate(domain: string): Promise<{ certificate: string; key: Secret }> {
    return this.certificate('panel', { commonName: domain, altNames: [] });
  }

  /** Several hosts may need the same. */
  async certificate(name: string, subject: Subject): Promise<{ certificate: string; key: Secret }> {
    const found = this.#certificates.get(name) ?? (await this.#certificate(name, subject));
    this.#certificates.set(name, found);
    return found;
  }

  /** One that does not exist yet is an empty one: its file is to be written all the same. */
  async #certificate(name: string, subject: Subject): Promise<{ certificate: string; key: Secret }> {
    if (this.make) return ensureCertificate(this.secretsDir, name, subject);
    const kept = await readCertificate(this.secretsDir, name, subject);
    const isNew = !this.missing.some(({ kind, domain }) => kind === 'certificate' && domain === subject.commonName);
    if (!kept && isNew) this.missing.push({ kind: 'certificate', domain: subject.commonName });
    return kept ?? { certificate: '', key: new Secret('') };
  }
}
