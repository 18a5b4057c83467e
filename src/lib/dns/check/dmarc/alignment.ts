import { isWithin } from '../../names.js';
import type { Finding } from '../result.js';

/** The domains of one message: of its From address, its return path and its signature. */
export interface MessageDomains {
  readonly from: string;
  readonly returnPath: string;
  /** `d=`. */
  readonly signature: string;
}

/** Whether two domains are aligned: the same, or with `relaxed` under the same organizational domain (RFC 9989 §4.10.2). */
export function isAligned(from: string, other: string, mode: 'strict' | 'relaxed', organization: string): boolean {
  if (from === other) return true;
  return mode === 'relaxed' && isWithin(from, organization) && isWithin(other, organization);
}

/** DMARC passes when one of SPF and DKIM passes and is aligned; a good sender has both aligned. */
export function judgeAlignment(
  { from, returnPath, signature }: MessageDomains,
  tags: ReadonlyMap<string, string> | undefined,
  organization: string,
): readonly Finding[] {
  const mode = (tag: 'aspf' | 'adkim'): 'strict' | 'relaxed' => (tags?.get(tag) === 's' ? 'strict' : 'relaxed');
  const spf = isAligned(from, returnPath, mode('aspf'), organization);
  const dkim = isAligned(from, signature, mode('adkim'), organization);
  if (spf && dkim) return [];
  const broken = [
    ...(spf ? [] : [`the return path (${returnPath})`]),
    ...(dkim ? [] : [`the signature (${signature})`]),
  ];
  return [{ code: 'dmarc-unaligned', message: `Mail from ${from}: ${broken.join(' and ')} is not aligned with it.` }];
}
