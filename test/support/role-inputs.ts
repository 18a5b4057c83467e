import type { HostFacts } from '../../src/lib/converge/host-facts.js';
import type { Difference } from '../../src/lib/converge/resource.js';
import { wantedStages, type DeployInputs } from '../../src/lib/deploy/wanted.js';
import { Secret } from '../../src/lib/secret.js';
import { parseSettings } from '../../src/lib/settings/parse.js';
import type { HostName, Settings } from '../../src/lib/settings/settings.js';
import { validText } from '../unit/settings/a-valid-file.js';

const SYSTEMS = {
  vps1: { id: 'debian', version: '12', codename: 'bookworm', name: 'Debian GNU/Linux 12 (bookworm)' },
  vps2: { id: 'debian', version: '12', codename: 'bookworm', name: 'Debian GNU/Linux 12 (bookworm)' },
  vps3: { id: 'debian', version: '13', codename: 'trixie', name: 'Debian GNU/Linux 13 (trixie)' },
} as const;

/** A fresh host as a provider hands it out. */
export function factsOf(host: HostName, changes: Partial<HostFacts> = {}): HostFacts {
  return {
    os: SYSTEMS[host],
    architecture: 'x86_64',
    container: false,
    interface: 'eth0',
    neighbours: ['198.51.100.1'],
    sshPorts: [22],
    clientAddress: '203.0.113.7',
    memoryMegabytes: 4096,
    freeMegabytes: 40_000,
    hasApt: true,
    ...changes,
  };
}

/** Settings as a valid file gives them, with two sending IPs. */
export function settingsWith(changes: Readonly<Record<string, string | undefined>> = {}): Settings {
  return parseSettings(validText(changes), '/srv/engine/.env.production', '/home/operator');
}

const tls = { certificate: 'CERTIFICATE\n', key: new Secret('the private key of a certificate') };

/** What the roles take beside the settings, made up. */
export function inputsFor(settings: Settings): Required<DeployInputs> {
  return {
    vps1: {
      application: {
        path: '/srv/app.tar.gz',
        bytes: 100,
        sha256: 'a'.repeat(64),
        root: 'var/www/mailwizz/',
        stripDepth: 3,
      },
      tls,
    },
    vps2: {
      package: { path: '/srv/powermta.deb', bytes: 100, sha256: 'b'.repeat(64) },
      licence: Buffer.from('the text of a licence\n'),
      configuration: Buffer.from('the adapted configuration\n'),
      dkimKeys: settings.sending.identities.map(({ index, domain }) => ({
        fileName: `mail${index}.pem`,
        domain,
        local: `/srv/engine/secrets/dkim/${domain}/mail.pem`,
        pem: new Secret(`the DKIM key of ${domain}`),
      })),
      relayTls: tls,
    },
    vps3: { bundle: Buffer.from('the API'), tls },
  };
}

/** The ids of all that a host should be, in order. */
export function wantedIds(host: HostName, settings: Settings, facts: HostFacts = factsOf(host)): string[] {
  return wantedStages(host, settings, facts, inputsFor(settings)).flatMap(({ resources }) =>
    resources.map(({ id }) => id),
  );
}

/** What a resource does on a host where its probe prints `seen`. */
export function differenceOf(
  host: HostName,
  id: string,
  seen = 'absent\n',
  given: { settings?: Settings; facts?: HostFacts } = {},
): Difference {
  const { settings = settingsWith(), facts = factsOf(host) } = given;
  const stages = wantedStages(host, settings, facts, inputsFor(settings));
  const resource = stages.flatMap(({ resources }) => resources).find((one) => one.id === id);
  if (!resource) throw new Error(`${host} has no ${id}`);
  const difference = resource.diff(Buffer.from(seen));
  if (!difference) throw new Error(`${id} does nothing where ${JSON.stringify(seen)} is`);
  return difference;
}

/** The lines that a new file on a host has, from its diff. */
export function newFile(host: HostName, path: string, given: { settings?: Settings; facts?: HostFacts } = {}): string {
  const { detail = '' } = differenceOf(host, `file:${path}`, 'absent\n', given);
  const added = detail.split('\n').filter((line) => line.startsWith('+') && !line.startsWith('+++'));
  return added.map((line) => line.slice(1)).join('\n');
}
