import type { HostFacts } from '../../../src/lib/converge/host-facts.js';
import type { Stage } from '../../../src/lib/converge/resource.js';
import type { DeployInputs } from '../../../src/lib/deploy/wanted.js';
import { Secret } from '../../../src/lib/secret.js';
import { parseSettings } from '../../../src/lib/settings/parse.js';
import type { Settings } from '../../../src/lib/settings/settings.js';
import { validText } from '../settings/a-valid-file.js';

/** Settings of three hosts at documentation addresses with two sending IPs; `changes` replace lines of the file. */
export function settingsWith(changes: Readonly<Record<string, string>> = {}): Settings {
  const text = validText({
    VPS1_IP: '192.0.2.10',
    VPS2_IP: '198.51.100.10',
    VPS3_IP: '203.0.113.10',
    PANEL_DOMAIN: 'panel.example.com',
    ENGINE_DOMAIN: 'api.example.com',
    ...changes,
  });
  return parseSettings(text, '/srv/ee/.env.production', '/home/operator');
}

export const FACTS: HostFacts = {
  os: { id: 'debian', version: '12', codename: 'bookworm', name: 'Debian GNU/Linux 12 (bookworm)' },
  architecture: 'x86_64',
  container: false,
  interface: 'eth0',
  neighbours: ['198.51.100.1'],
  networkFile: '/etc/systemd/network/10-eth0.network',
  sshPorts: [22],
  clientAddress: '203.0.113.7',
  memoryMegabytes: 4000,
  freeMegabytes: 50_000,
  hasApt: true,
};

const sha256 = 'a'.repeat(64);
const tls = { certificate: 'certificate\n', key: new Secret('the key of the site\n') };

export const INPUTS: Required<DeployInputs> = {
  vps1: {
    application: { path: '/backup/application.tar.gz', bytes: 9, sha256, root: 'var/www/mailwizz/', stripDepth: 3 },
    tls,
  },
  vps2: {
    package: { path: '/srv/powermta.deb', bytes: 8, sha256 },
    licence: Buffer.from('the licence\r\n'),
    configuration: Buffer.from('<smtp-user mailwizz>\n  password the password of the relay\n</smtp-user>\n'),
    dkimKeys: [1, 2].map((index) => ({
      fileName: `mail${index}.pem`,
      domain: `mail${index}.example.com`,
      local: `/srv/ee/secrets/dkim/mail${index}.example.com/mail.pem`,
      pem: new Secret(`key ${index}\n`),
    })),
    relayTls: tls,
  },
  vps3: { bundle: Buffer.from('the API\n'), tls },
};

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
