import type { SendingIdentity } from '../../settings/settings.js';
import type { ProbeOutcome } from './probe.js';
import type { Signature } from './signatures.js';

/** What arrived of a probe. */
export interface Arrival {
  readonly ip: string;
  readonly helo: string;
  readonly mailFrom: string;
  readonly signatures: readonly Signature[];
}

/** Fields that the vendor says are always signed; without them a signature protects nothing that a reader sees. */
const SIGNED_FIELDS = ['from', 'subject', 'date'];

/** Whether a message that arrived proves its sender: it came from its IP, under its name, and is signed with the configured key. */
export function judge(identity: SendingIdentity, selector: string, arrival: Arrival): ProbeOutcome {
  const { ip, domain, sender } = identity;
  const failed = (reason: string): ProbeOutcome => ({ kind: 'failed', reason });
  if (!same(arrival.mailFrom, sender))
    return failed(`it was sent as ${sender} and arrived as from ${arrival.mailFrom || '<>'}`);
  if (arrival.ip !== ip) return failed(`it should come from ${ip}, and came from ${arrival.ip}`);
  if (!same(arrival.helo, domain)) return failed(`it should greet as ${domain}, and greeted as ${arrival.helo}`);

  const ours = arrival.signatures.filter((signature) => same(signature.domain, domain));
  const [signature] = ours;
  if (signature === undefined) return failed(unsigned(domain, arrival.signatures));
  if (ours.length > 1) return failed(`it should have one signature of ${domain}, and has ${ours.length}`);
  if (signature.selector !== selector)
    return failed(`it should be signed with the selector ${selector}, and was with ${signature.selector}`);
  if (signature.algorithm !== 'rsa-sha256')
    return failed(`it should be signed with rsa-sha256, and was with ${signature.algorithm} (RFC 8301 §3.1)`);
  const open = SIGNED_FIELDS.filter((field) => !signature.fields.includes(field));
  if (open.length > 0) return failed(`its signature does not cover ${open.join(' and ')}`);
  const reason = unverified(signature);
  if (reason !== undefined) return failed(reason);
  return { kind: 'signed', selector, domain, ip, helo: arrival.helo };
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

function unsigned(domain: string, others: readonly Signature[]): string {
  if (others.length === 0) return `it should be signed by ${domain}, and left without any signature`;
  return `it should be signed by ${domain}, and is signed by ${others.map((other) => other.domain).join(' and ')}`;
}

/** Why the signature does not hold. The record is judged more strictly than verifiers do, which disagree about odd ones. */
function unverified({ domain, selector, result, comment, published }: Signature): string | undefined {
  const name = `${selector}._domainkey.${domain}`;
  switch (published?.kind) {
    case 'missing':
      return `DNS publishes no key under ${name}`;
    case 'several':
      return `DNS publishes ${published.count} records under ${name}, and which of them counts is not defined (RFC 6376 §3.6.2.2)`;
    case 'revoked':
      return `the key under ${name} is revoked: its p= is empty`;
    case 'malformed':
      return `the record under ${name} is no good key: ${published.reason}`;
    case 'key':
    case undefined:
      break;
  }
  if (result === 'pass') return undefined;
  if (result === 'temperror') return `DNS did not tell the key under ${name}: ${comment.replace(/^DNS failure: /, '')}`;
  if (comment === 'no key') return `DNS publishes no key under ${name}`;
  if (result === 'fail' && comment === 'bad signature')
    return `its signature does not fit the key that DNS publishes under ${name}`;
  return `its signature does not verify against ${name}: ${[result, comment].filter(Boolean).join(', ')}`;
}
