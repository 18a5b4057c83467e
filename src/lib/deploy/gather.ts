import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { UsedFiles } from '../backup/used-files.js';
import { ensureKeys, readKey } from '../dkim/key-store.js';
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
import { engineBundle } from './engine-bundle.js';
import type { DeployInputs } from './wanted.js';

export interface GatherOptions {
  readonly hosts: readonly HostName[];
  /** Make no key and no certificate: what is missing is planned with, not made. */
  readonly dryRun: boolean;
}

/** Brings together, on this machine, what the roles of these hosts need; makes the keys and certificates that don't exist yet. */
export async function gather(
  settings: Settings,
  used: UsedFiles,
  { hosts, dryRun }: GatherOptions,
): Promise<DeployInputs> {
  const wants = (host: HostName) => hosts.includes(host);
  return {
    ...(wants('vps1') ? { vps1: await forMailwizz(settings, used, dryRun) } : {}),
    ...(wants('vps2') ? { vps2: await forPowermta(settings, used, dryRun) } : {}),
    ...(wants('vps3') ? { vps3: await forEngine(settings, dryRun) } : {}),
  };
}

async function forMailwizz(settings: Settings, used: UsedFiles, dryRun: boolean): Promise<MailwizzInputs> {
  const { panelDomain } = settings.mailwizz;
  return {
    application: used.application,
    tls: await certificate(settings, 'panel', { commonName: panelDomain, altNames: [] }, dryRun),
  };
}

async function forEngine(settings: Settings, dryRun: boolean): Promise<EngineInputs> {
  const { domain } = settings.engine;
  return {
    bundle: await engineBundle(settings.engine.source),
    tls: await certificate(settings, 'engine', { commonName: domain, altNames: [] }, dryRun),
  };
}

async function forPowermta(settings: Settings, used: UsedFiles, dryRun: boolean): Promise<PowermtaInputs> {
  const { identities } = settings.sending;
  if (!dryRun) await ensureKeys(settings.secretsDir, identities);
  const keys = await Promise.all(identities.map(({ domain }) => readKey(settings.secretsDir, domain)));
  const names = identities.map(({ domain }) => domain);
  const [first = settings.sending.baseDomain] = names;
  return {
    package: await packageFile(settings.pmta.package),
    licence: await readFile(used.licence.path),
    configuration: printDocument((await adaptedConfiguration(settings, used.config.path)).document),
    dkimKeys: identities.map(({ index, domain }, at) => ({
      fileName: `mail${index}.pem`,
      domain,
      pem: keys[at]?.privateKey,
    })),
    relayTls: await certificate(settings, 'relay', { commonName: first, altNames: names }, dryRun),
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

/** In a dry run, a certificate that does not exist yet is planned as an empty one: its file is to be written all the same. */
async function certificate(
  { secretsDir }: Settings,
  name: string,
  subject: Subject,
  dryRun: boolean,
): Promise<{ certificate: string; key: Secret }> {
  if (!dryRun) return ensureCertificate(secretsDir, name, subject);
  return (await readCertificate(secretsDir, name)) ?? { certificate: '', key: new Secret('') };
}
