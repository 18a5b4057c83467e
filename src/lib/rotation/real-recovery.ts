import { signingKeys } from '../deploy/signing-keys.js';
import { newRun } from '../deploy/who.js';
import { domainKeys } from '../dkim/key-store.js';
import { dnsSurvey } from '../dns/survey.js';
import type { Settings } from '../settings/settings.js';
import type { Host } from '../ssh/host.js';
import { dnsOf } from './dns-at-once.js';
import { keyRoom } from './key-room.js';
import type { Recovery } from './recover.js';

/** The keys on this machine, DNS, and what signs on VPS2 now. */
export async function recoveryOn(host: Host, { secretsDir, dns }: Settings, signal: AbortSignal): Promise<Recovery> {
  return {
    known: (domain) => domainKeys(secretsDir, domain),
    keys: keyRoom(secretsDir, newRun(), () => new Date()),
    dns: dnsOf(dnsSurvey(dns.resolvers, { signal })),
    signing: await signingKeys(host, signal),
  };
}
