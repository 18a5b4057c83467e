/** One message that a provider of the lab received, with all that the provider concluded about it. */
export interface ReceivedMessage {
  readonly id: string;
  /** First domain of the provider: `gmail.com`. */
  readonly provider: string;
  readonly receivedAt: string;
  /** Address that connected. */
  readonly client: string;
  readonly helo: string;
  readonly tls: { readonly version: string; readonly cipher: string } | null;
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  readonly verdicts: Verdicts;
  readonly size: number;
  readonly headers: Readonly<Record<'from' | 'to' | 'subject' | 'messageId', string | null>>;
}

export interface Verdicts {
  /** RFC 7208, of the return path; of the greeting where there is none. */
  readonly spf: { readonly result: string; readonly domain: string; readonly reason: string };
  /** RFC 6376, a result a signature. */
  readonly dkim: readonly {
    readonly result: 'pass' | 'fail' | 'permerror' | 'temperror';
    readonly domain: string;
    readonly selector: string;
    readonly reason: string;
  }[];
  /** RFC 9989: `pass` when SPF or DKIM passed for a domain that is aligned with the author's. */
  readonly dmarc: {
    readonly result: 'pass' | 'fail' | 'none' | 'permerror' | 'temperror';
    readonly domain: string | null;
    readonly policy: string | null;
    readonly spfAligned: boolean;
    readonly dkimAligned: boolean;
  };
  /** `pass`: exactly one reverse name, and it leads back to the address. */
  readonly reverse: { readonly result: 'pass' | 'fail' | 'none' | 'temperror'; readonly names: readonly string[] };
  /** `pass`: the greeting is the reverse name, and leads to the address. */
  readonly helo: { readonly result: 'pass' | 'fail' | 'temperror'; readonly name: string };
}

/** When in the dialogue something happens. */
export const PHASES = ['connect', 'mail', 'rcpt', 'data'] as const;
export type Phase = (typeof PHASES)[number];

/** One command that a provider refused. */
export interface Refusal {
  readonly provider: string;
  readonly at: string;
  readonly client: string;
  readonly helo: string | null;
  readonly phase: Phase;
  readonly to: readonly string[];
  /** Nothing when the connection was dropped without one. */
  readonly answer: string | null;
}

/**
 * How a provider shall misbehave: one of `answer`, `drop` and `refuseTls`, or only `delay`. Before a recipient is known (`connect`,
 * `mail`, TLS) it holds for all that the provider of the domain receives.
 */
export interface Misbehaviour {
  /** Default: rcpt. */
  readonly at?: Phase | undefined;
  /** `421 4.7.0 slow down`. A 421 also closes the connection. */
  readonly answer?: string | undefined;
  /** Ends the connection without a word. */
  readonly drop?: boolean | undefined;
  /** Does not offer STARTTLS. */
  readonly refuseTls?: boolean | undefined;
  /** Seconds to wait before the answer. */
  readonly delay?: number | undefined;
  /** Lets this many pass first. */
  readonly after?: number | undefined;
  /** Does it this often, then recovers. Default: until told otherwise. */
  readonly times?: number | undefined;
}

/** The kinds of complaint (RFC 5965 §7.3). */
export const COMPLAINT_TYPES = ['abuse', 'fraud', 'virus', 'other'] as const;

export interface Complaint {
  /** Default: abuse. */
  readonly type?: (typeof COMPLAINT_TYPES)[number] | undefined;
  /** Where to; by default `fbl` at the domain that signed, else at that of the return path. */
  readonly to?: string | undefined;
  /** Leaves the recipient out, as many providers do. */
  readonly hide?: boolean | undefined;
}

/** What a bounce can say of a recipient (RFC 3464 §2.3.3). */
export const BOUNCE_ACTIONS = ['failed', 'delayed'] as const;

export interface Bounce {
  /** Default: failed. */
  readonly action?: (typeof BOUNCE_ACTIONS)[number] | undefined;
  /** `5.1.1` (RFC 3463), which is the default of what failed; of what is delayed it is 4.4.1. */
  readonly status?: string | undefined;
  /** What the host that refused said. */
  readonly text?: string | undefined;
}

/** A report that went back, and was taken. */
export interface SentReport {
  readonly message: string;
  readonly to: string;
  /** The host that took it, and its answer. */
  readonly host: string;
  readonly answer: string;
}

/** A rule that is in force. */
export interface Rule {
  readonly scope: string;
  readonly at: Phase;
  readonly answer: string | null;
  readonly drop: boolean;
  readonly refuse_tls: boolean;
  readonly delay: number;
  readonly after: number;
  readonly times: number | null;
}
