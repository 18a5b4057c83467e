import { EeError } from '../../errors.js';
import { PROBE_DOMAIN, takesProbes } from '../../pmta/adapt/probe.js';
import { virtualMtaName } from '../../pmta/adapt/plan.js';
import { expectationsOf } from '../../pmta/host/expectations.js';
import { parseDocument } from '../../pmta/parse.js';
import { PMTA_CONFIG } from '../../roles/pmta-configuration/seen.js';
import type { Host } from '../../ssh/host.js';
import { quote } from '../../ssh/shell-quote.js';

/** The selector that the configuration on the host signs with for a domain, or why it signs with none: a sentence. */
export type ConfiguredKey =
  { readonly kind: 'key'; readonly selector: string } | { readonly kind: 'none'; readonly reason: string };

export type ConfiguredKeys = (identity: { readonly index: number; readonly domain: string }) => ConfiguredKey;

/** Reads the configuration of a host. Throws PROBE_UNPREPARED where probes would not come back, and REMOTE_FAILED. */
export async function configuredKeys(host: Host, signal: AbortSignal): Promise<ConfiguredKeys> {
  const step = 'reading the PowerMTA configuration';
  const script = `[ -f ${quote(PMTA_CONFIG)} ] || { echo ${quote(`${PMTA_CONFIG} is not a file`)} >&2; exit 1; }\ncat ${quote(PMTA_CONFIG)}`;
  const { code, stdout, stderr } = await host.run(script, { step, signal });
  if (code !== 0) {
    const output = stderr.toString('utf8').trim();
    throw new EeError('REMOTE_FAILED', { host: host.name, step, status: `exit ${code}`, output });
  }
  const document = parseDocument(stdout);
  if (!takesProbes(document.nodes)) throw new EeError('PROBE_UNPREPARED', { host: host.name, domain: PROBE_DOMAIN });
  const { virtualMtas } = expectationsOf(document);
  return (identity) => {
    const name = virtualMtaName(identity);
    const virtualMta = virtualMtas.find((one) => one.name === name);
    if (!virtualMta) return { kind: 'none', reason: `the configuration on ${host.name} has no virtual MTA ${name}` };
    const key = virtualMta.keys.find(({ domain }) => domain.toLowerCase() === identity.domain.toLowerCase());
    if (key) return { kind: 'key', selector: key.selector };
    return { kind: 'none', reason: `${name} has no key of ${identity.domain} in the configuration on ${host.name}` };
  };
}
