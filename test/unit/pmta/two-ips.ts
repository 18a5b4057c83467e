import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AdaptationPlan } from '../../../src/lib/pmta/adapt/plan.js';
import { packageRoot } from '../../../src/lib/package-root.js';
import { Secret } from '../../../src/lib/secret.js';

/** The configuration of the synthetic backup set: two IPs, the shape of a real one. One character a byte. */
export const twoIps = (): string => readFileSync(join(packageRoot(), 'assets/lab/backup/pmta-config'), 'latin1');

/** The same as lightly sanitised copies have it: without the virtual MTAs that its pool names. */
export const sanitised = (): string => twoIps().replace(/<virtual-mta pmta-vmta\d>\n[^]*?<\/virtual-mta>\n/g, '');

export const withCrlf = (text: string): string => text.replaceAll('\n', '\r\n');

/** A plan for N identities: 192.0.2.1… as mail1.example.com… */
export function planFor(count: number, changes: Partial<AdaptationPlan> = {}): AdaptationPlan {
  return {
    identities: Array.from({ length: count }, (_, at) => ({
      index: at + 1,
      ip: `192.0.2.${at + 1}`,
      domain: `mail${at + 1}.example.com`,
      sender: `contact@mail${at + 1}.example.com`,
      selector: 'mail',
    })),
    feeders: ['198.51.100.10', '198.51.100.30'],
    smtpUser: 'relay',
    smtpPassword: new Secret('s3cret-for-the-relay'),
    smtpPort: 2525,
    hostName: 'mail1.example.com',
    postmaster: 'postmaster@example.com',
    keyDir: '/etc/pmta/dkim',
    certificate: '/etc/pmta/tls/relay.pem',
    retiring: [],
    ...changes,
  };
}
