import type { Greeting } from '../mail-port.js';
import type { DnsSurvey } from '../view.js';
import type { CheckKind, ProblemCode, Severity, Verdict } from './codes.js';

/** A record as people enter it. */
export interface Fix {
  readonly name: string;
  readonly type: string;
  /** The plain value, for a form: a long text is whole. */
  readonly value: string;
  /** The same as a line of a zone file. */
  readonly line: string;
}

/** What one server said, in a form that can be shown. */
export interface Seen {
  readonly server: string;
  readonly role: 'authoritative' | 'resolver' | 'exchange';
  readonly answer: 'found' | 'none' | 'unknown';
  readonly values?: readonly string[];
  /** Why there is nothing, or why it is unknown. */
  readonly reason?: string;
  /** Seconds. */
  readonly ttl?: number;
  readonly alias?: string;
}

/** One thing that is not right. */
export interface Finding {
  readonly code: ProblemCode;
  readonly message: string;
  readonly fix?: Fix | undefined;
  /** What many checks may fail for at once, such as a name server that is down: without the name that was asked about. */
  readonly cause?: string;
}

/** What one look at DNS gave. Without findings all is right. */
export interface Look {
  readonly findings: readonly Finding[];
  readonly seen: readonly Seen[];
}

/** What one look at DNS asks with. */
export interface Looking {
  /** The name servers of each zone, and the resolvers. */
  readonly survey: DnsSurvey;
  /** The resolvers alone, for names that are not ours. */
  readonly resolvers: DnsSurvey;
  /** What the mail exchange at an address says on port 25, asked whether it takes mail for a recipient. */
  greet(address: string, recipient: string): Promise<Greeting>;
}

/** One thing that is checked, of one host. */
export interface Check {
  readonly kind: CheckKind;
  /** The host or domain that it is about, under which people look for it. */
  readonly host: string;
  /** The name that is asked about. */
  readonly name: string;
  readonly type: string;
  /** What is right, in a sentence. */
  readonly right: string;
  look(dns: Looking): Promise<Look>;
}

/** The conclusion about one check, or about one thing that is wrong with it. */
export interface CheckResult {
  /** The kind of the check, or the code of what is wrong. */
  readonly code: CheckKind | ProblemCode;
  readonly kind: CheckKind;
  readonly host: string;
  readonly name: string;
  readonly type: string;
  readonly severity: Severity;
  readonly verdict: Verdict;
  readonly message: string;
  readonly fix?: Fix;
  readonly cause?: string;
  readonly seen: readonly Seen[];
}
