import type { SendingIdentity } from '../../settings/settings.js';

/** What a message proved that left through a sender's virtual MTA, or why it proved nothing. */
export type ProbeOutcome =
  | {
      readonly kind: 'signed';
      readonly selector: string;
      /** The d= of the signature. */
      readonly domain: string;
      /** The address that it came from. */
      readonly ip: string;
      readonly helo: string;
    }
  | {
      readonly kind: 'failed';
      /** A sentence: what was expected, and what was seen. */
      readonly reason: string;
    };

export interface Probe {
  readonly identity: SendingIdentity;
  readonly outcome: ProbeOutcome;
}

/** The strings of each TXT record of a name, as `resolveTxt` of node:dns gives and throws them. */
export type ResolveTxt = (name: string) => Promise<string[][]>;
