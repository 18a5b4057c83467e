import type { Resource } from '../converge/resource.js';
import { EeError } from '../errors.js';
import { KEY_DIR } from '../pmta/adapt/plan.js';
import { PROBE_DOMAIN } from '../pmta/adapt/probe.js';
import { PMTA_CONFIG, PMTA_STATE } from './pmta-configuration/seen.js';

/** The keys of this machine, as far as mail may have been signed with them. */
export interface KnownKeys {
  /** SECRETS_DIR, for people. */
  readonly folder: string;
  /** Selectors of each sending domain that sign, signed, or may have. */
  readonly signed: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * What signs on the host must be known here: a key that the ledger has not heard of, or not as one that signs, means that SECRETS_DIR
 * is older than the host, and what it calls the active key may be revoked. A configuration that `ee` never wrote says nothing about that.
 */
export function knownKeys({ folder, signed }: KnownKeys): Resource {
  return {
    id: `known-keys:${KEY_DIR}`,
    // A pipe in the place of a file would be waited for without end; what reads the configuration itself says so.
    probe: `p=${PMTA_CONFIG}; s=${PMTA_STATE}/applied
if [ -e "$s" ] || grep -D skip -qsiE '^[[:space:]]*<domain[[:space:]]+"?${PROBE_DOMAIN.replaceAll('.', '\\.')}' "$p"; then
  grep -D skip -hasiE '^[[:space:]]*domain-key[[:space:]]' "$p" "$s" || :
fi`,
    diff(output) {
      const unknown = signingIn(output).filter(({ domain, selector }) => signed.get(domain)?.has(selector) === false);
      if (unknown.length > 0) throw new EeError('DKIM_KEYS_OLDER', { signing: unknown, folder });
      return undefined;
    },
  };
}

/** The selectors and domains of `domain-key SELECTOR,DOMAIN,FILE`, each once. */
function signingIn(output: Buffer): { domain: string; selector: string }[] {
  const found = new Map<string, { domain: string; selector: string }>();
  for (const line of output.toString('latin1').split('\n')) {
    const [, selector, domain] = /^\s*domain-key\s+"?([^\s,"]+)"?\s*,\s*"?([^\s,"]+)/i.exec(line) ?? [];
    if (selector === undefined || domain === undefined) continue;
    found.set(`${selector} ${domain.toLowerCase()}`, { domain: domain.toLowerCase(), selector });
  }
  return [...found.values()];
}
