import { dnsResolver } from '../../dns/resolver.js';
import type { ResolveTxt } from './probe.js';

/** TXT records as a verifier asks for them, from these name servers; nothing is remembered between two questions. */
export function liveTxt(servers: readonly string[]): ResolveTxt {
  const resolver = dnsResolver(servers);
  return async (name) => {
    const answer = await resolver.txt(name);
    if (answer.kind === 'found') return answer.values.map((text) => [text]);
    // A verifier tells "does not exist" from "no answer" by the code alone.
    const code = answer.kind === 'none' ? 'ENOTFOUND' : answer.reason;
    throw Object.assign(new Error(answer.reason), { code });
  };
}
