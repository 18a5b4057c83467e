import type { DkimPublication } from '../../../src/lib/dns/dkim-record.js';
import type { DnsSettings } from '../../../src/lib/dns/record-set.js';
import type { HostName } from '../../../src/lib/settings/settings.js';

const host = <Name extends HostName>(name: Name, address: string) => ({
  name,
  address,
  user: 'root',
  port: 22,
  knownHosts: '/home/operator/.ssh/known_hosts',
});

/** Settings with N sending IPs from 192.0.2.11 on. */
export function dnsSettings(count: number): DnsSettings {
  return {
    hosts: {
      vps1: host('vps1', '198.51.100.1'),
      vps2: host('vps2', '198.51.100.2'),
      vps3: host('vps3', '198.51.100.3'),
    },
    sending: {
      baseDomain: 'example.com',
      postmaster: 'postmaster@example.com',
      identities: Array.from({ length: count }, (_, offset) => ({
        index: offset + 1,
        ip: `192.0.2.${offset + 11}`,
        domain: `mail${offset + 1}.example.com`,
        sender: `contact@mail${offset + 1}.example.com`,
      })),
    },
    mailwizz: { panelDomain: 'panel.example.com' },
    engine: { domain: 'api.example.com' },
    tls: { acmeEmail: 'admin@example.com', acmeDirectoryUrl: 'https://acme-v02.api.letsencrypt.org/directory' },
  };
}

/** A published key for each domain: as long as a real one, and told apart by its last letters. */
export function publications(settings: DnsSettings): DkimPublication[] {
  return settings.sending.identities.map(({ domain, index }) => ({
    domain,
    selector: 'mail',
    record: `v=DKIM1; k=rsa; p=${'A'.repeat(388)}${String(index).padStart(4, 'B')}`,
  }));
}
