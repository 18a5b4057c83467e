import type { HostFacts } from '../../src/lib/converge/host-facts.js';
import type { Difference, Stage } from '../../src/lib/converge/resource.js';
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
    network: { kind: 'other' },
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

const tls = { certificate: 'certificate\n', key: new Secret('the key of the site\n') };

/** As much of a configuration as the role has to understand. */
function configurationFor({ sending, pmta }: Settings): string {
  const virtualMtas = sending.identities.map(
    ({ index, ip, domain }) => `smtp-listener ${ip}:${pmta.smtpPort}
<virtual-mta vmta-mail${index}>
  smtp-source-host ${ip} ${domain}
  domain-key mail,${domain},/etc/pmta/dkim/mail${index}.pem
</virtual-mta>
`,
  );
  return `smtp-server-tls-certificate /etc/pmta/tls/relay.pem\n${virtualMtas.join('')}<smtp-user mailwizz>\n  password the password of the relay\n</smtp-user>\n`;
}

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
      certifiable: false,
    },
    vps2: {
      package: {
        path: '/srv/powermta.deb',
        format: 'deb',
        name: 'powermta',
        version: '5.0r8',
        bytes: 100,
        sha256: 'b'.repeat(64),
      },
      licence: Buffer.from('the licence\r\n'),
      configuration: Buffer.from(configurationFor(settings)),
      dkimKeys: settings.sending.identities.map(({ index, domain }) => ({
        fileName: `mail${index}.pem`,
        domain,
        local: `/srv/engine/secrets/dkim/${domain}/mail.pem`,
        pem: new Secret(`key ${index}\n`),
      })),
      knownKeys: { folder: '/srv/engine/secrets', signed: new Map() },
      revokedKeys: [],
      relayTls: tls,
      accounting: {
        bundle: Buffer.from('the shipper'),
        engineCertificate: 'certificate\n',
        panelCertificate: 'certificate\n',
      },
    },
    vps3: { bundle: Buffer.from('the API'), tls, panelCertificate: 'certificate\n', certifiable: false },
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

/** The text that a file resource writes, by its path, from its difference with a host where it is absent. */
export function writtenFiles(stages: readonly Stage[]): Map<string, string> {
  const written = new Map<string, string>();
  for (const { resources } of stages) {
    for (const { id, diff } of resources) {
      if (!id.startsWith('file:')) continue;
      const script = diff(Buffer.from('absent\n'))?.script ?? '';
      const base64 = /<<'EE_CONTENT'\n([\s\S]*?)\nEE_CONTENT/.exec(script)?.[1] ?? '';
      written.set(id.slice('file:'.length), Buffer.from(base64, 'base64').toString('utf8'));
    }
  }
  return written;
}
