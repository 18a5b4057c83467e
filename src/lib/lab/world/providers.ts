import { addressIn, type LabSubnet } from '../network.js';

/** A mailbox provider of the lab: one address that takes mail for all of its domains. */
export interface Provider {
  /** Its first domain, by which it is known. */
  readonly name: string;
  readonly address: string;
  /** Every domain with this provider as its MX, the first one among them. */
  readonly domains: readonly string[];
}

/**
 * The domains of each provider, the one that it is known by first. Those of the ISPs are the ones that PowerMTA's configuration has
 * rules for, so that a rule is tested under the name that it is written for. The last two belong to nobody (RFC 2606); what is
 * sent to the lab's own domain, such as reports to its postmaster, arrives at the first of them.
 */
const DOMAINS: readonly (readonly string[])[] = [
  ['gmail.com', 'googlemail.com'],
  [
    ...['hotmail.com', 'hotmail.co.uk', 'hotmail.fr', 'hotmail.it', 'hotmail.de', 'msn.com', 'live.com', 'live.fr'],
    ...['outlook.com', 'outlook.fr', 'webtv.com', 'webtv.net', 'email.msn.com', 'email.hotmail.com'],
  ],
  [
    ...['yahoo.com', 'yahoo.ca', 'yahoo.com.au', 'yahoo.com.mx', 'yahoo.com.br', 'yahoo.fr', 'yahoo.co.uk'],
    ...['yahoo.de', 'yahoo.es', 'yahoo.it', 'rocketmail.com', 'ymail.com'],
  ],
  ['aol.com', 'aim.com', 'aim.net', 'netscape.com', 'netscape.net'],
  ['orange.fr', 'wanadoo.fr', 'voila.fr'],
  ['free.fr', 'aliceadsl.fr'],
  ['sfr.fr', 'neuf.fr', 'club-internet.fr'],
  ['inbox.example', 'lab.example'],
  ['second.example'],
];

/** Last number of the first provider's address. */
const FIRST_PROVIDER_NUMBER = 21;

/** The providers of a lab, each at an address of its own, so that one which refuses connections stands for itself alone. */
export function providersOf(subnet: LabSubnet): Provider[] {
  return DOMAINS.map((domains, index) => ({
    name: domains[0] ?? '',
    address: addressIn(subnet, FIRST_PROVIDER_NUMBER + index),
    domains,
  }));
}

/** The name that a provider's MX records point to and that it greets with. */
export const exchangeOf = ({ name }: Provider): string => `mx.${name}`;
