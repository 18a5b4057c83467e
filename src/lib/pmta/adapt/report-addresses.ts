/** The addresses of sending hosts that bounces and complaints come to. */
import { escaped, hostOf } from '../sender-patterns.js';
import type { PlannedIdentity } from './plan.js';

/** One kind of processor: its tag, what it reads at a sending host, and what becomes of that. */
export interface Kind {
  readonly tag: 'bounce-processor' | 'feedback-loop-processor';
  readonly reads: string;
  readonly pattern: (identity: PlannedIdentity) => string;
  /** Addresses that the pattern stands for: what reads all of these needs no pattern of its own. */
  readonly samples: (identity: PlannedIdentity) => readonly string[];
}

const COMPLAINTS = ['fbl', 'feedback', 'abuse', 'postmaster'];

/** Local parts that bounces come to: the sender itself, with what VERP adds to it, and those that are made for bounces. */
function bounces(identity: PlannedIdentity): string {
  const made = String.raw`b\+.+|bounces?([+-].*)?`;
  const local = localSender(identity);
  return local === undefined ? made : String.raw`${escaped(local)}([+-].*)?|${made}`;
}

/** The local part of the sender, where the sender is an address of the sending host. */
function localSender({ sender, domain }: PlannedIdentity): string | undefined {
  if (hostOf(sender).toLowerCase() !== domain.toLowerCase()) return undefined;
  return sender.slice(0, sender.lastIndexOf('@'));
}

const address = (localParts: string, { domain }: PlannedIdentity): string => `/^(${localParts})@${escaped(domain)}$/`;

export const KINDS: readonly Kind[] = [
  {
    tag: 'bounce-processor',
    reads: 'bounces',
    pattern: (identity) => address(bounces(identity), identity),
    samples: (identity) => {
      const local = localSender(identity);
      const own = local === undefined ? [] : [local, `${local}+x=y`, `${local}-x=y`];
      return [...own, 'b+x', 'bounce', 'bounces', 'bounces+x', 'bounces-x'].map((one) => `${one}@${identity.domain}`);
    },
  },
  {
    tag: 'feedback-loop-processor',
    reads: 'complaints',
    pattern: (identity) => address(COMPLAINTS.join('|'), identity),
    samples: ({ domain }) => COMPLAINTS.map((one) => `${one}@${domain}`),
  },
];

/** Every address of a sending host that a processor reads. */
export const reportAddress = (identity: PlannedIdentity): string =>
  address(`${bounces(identity)}|${COMPLAINTS.join('|')}`, identity);

/** Whether an expression is one that the functions above give, whatever its host. */
export const isReportAddress = (expression: string): boolean =>
  /^\/\^\((?:.*\|)?(?:b\\\+\.\+\|bounces\?\(\[\+-\]\.\*\)\?|fbl\|feedback\|abuse\|postmaster)\)@/.test(expression);
