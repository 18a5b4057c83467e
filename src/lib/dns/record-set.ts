import { isIPv4 } from 'node:net';
import { EeError } from '../errors.js';
import type { SendingIdentity, Settings } from '../settings/settings.js';
import { issuerOf } from './certificate-authority.js';
import { dkimRecord, type DkimPublication, type UnreadDkim } from './dkim-record.js';
import { domainOf, isWithin } from './names.js';
import { policyRecords } from './policy.js';
import { a, caa, mx, nullMx, ptr, txt, type DnsRecord, type RecordOf } from './records.js';

/** Everything that DNS must say for the three hosts. */
export interface RecordSet {
  /** The zone that most names are in. */
  readonly zone: string;
  readonly records: readonly DnsRecord[];
  /** To be set by whoever provides the sending addresses, not in the zone. */
  readonly reverse: readonly RecordOf<'PTR'>[];
  /** Keys of which nothing can be said: their records are not among these. */
  readonly unread: readonly UnreadDkim[];
  /** What a reader should know: what is deliberately not there, what others must publish. */
  readonly notes: readonly string[];
}

/** The settings that the records follow from. */
export type DnsSettings = Pick<Settings, 'hosts' | 'sending' | 'tls'> & {
  readonly mailwizz: Pick<Settings['mailwizz'], 'panelDomain'>;
  readonly engine: Pick<Settings['engine'], 'domain'>;
};

/**
 * Derives the record set from the settings and the public DKIM keys. Every value comes from there: a domain without a key is an
 * error, never a record to be filled in by hand. A key that is known to be unreadable leaves out its own record alone, and is noted.
 */
export function recordSet(
  settings: DnsSettings,
  keys: readonly DkimPublication[],
  unread: readonly UnreadDkim[] = [],
): RecordSet {
  const { baseDomain, identities, postmaster } = settings.sending;
  const known = new Set([...keys, ...unread].map(({ domain }) => domain));
  const missing = identities.filter(({ domain }) => !known.has(domain));
  if (missing.length > 0) throw new EeError('DKIM_KEY_MISSING', { domains: missing.map(({ domain }) => domain) });

  const policy = policyRecords(baseDomain, identities, postmaster);
  const issuer = issuerRecords(settings);
  return {
    zone: baseDomain,
    records: [
      ...identities.flatMap((identity) => hostRecords(identity, keys)),
      ...policy.records,
      ...webRecords(settings),
      ...issuer.records,
    ],
    unread,
    reverse: identities.map(({ ip, domain }) => ptr(ip, domain, 'reverse name, equal to the greeting')),
    notes: [
      'AAAA records are intentionally absent: mail leaves over IPv4 only, and an IPv6 address without its own PTR and SPF costs reputation.',
      'The PTR records are set by whoever provides the addresses, exactly one for each.',
      ...senderNotes(settings.sending),
      ...policy.notes,
      'MTA-STS is left out: it demands a certificate of a public authority on port 25, and the one of VPS2 is signed by itself.',
      ...issuer.notes,
    ],
  };
}

/** What one sending host needs. Nothing in it depends on another host: a hundred of them are a hundred of these. */
function hostRecords({ ip, domain }: SendingIdentity, keys: readonly DkimPublication[]): DnsRecord[] {
  return [
    a(domain, ip, 'greeting name of the sending IP'),
    mx(domain, domain, 'bounces and complaints come back here'),
    // Senders are at their host's name, so greeting and return path are one name. SPF is not inherited, and needs no lookups.
    txt(domain, `v=spf1 ip4:${ip} -all`, 'SPF of the greeting and the return path'),
    ...keys.filter((key) => key.domain === domain).map(dkimRecord),
  ];
}

/**
 * A sender at its own host needs no more than the SPF record of that. One elsewhere sends from a domain that others may send from as
 * well: its one SPF record cannot be told here, only what has to be in it.
 */
function senderNotes({ baseDomain, identities }: Settings['sending']): string[] {
  const apart = identities.filter(({ sender, domain }) => domainOf(sender) !== domain);
  const domains = [...new Set(apart.map(({ sender }) => domainOf(sender)))];
  const elsewhere = domains.map((domain) => {
    const ips = apart.filter(({ sender }) => domainOf(sender) === domain).map(({ ip }) => `ip4:${ip}`);
    return `The SPF record of ${domain}, exactly one, needs ${ips.join(' ')}: senders are at that domain.`;
  });
  if (domains.includes(baseDomain)) return elsewhere;
  return [...elsewhere, `There is no SPF record for ${baseDomain} here, since nothing is sent from that name itself.`];
}

function webRecords({ hosts, mailwizz, engine }: DnsSettings): DnsRecord[] {
  const web = [
    address(mailwizz.panelDomain, hosts.vps1.address, 'MailWizz panel, and the links and images in its messages'),
    address(engine.domain, hosts.vps3.address, 'Email-Engine API'),
  ];
  return web.flatMap((record) => [record, ...withoutMail(record.name)]);
}

/** What keeps a name out of forged mail: nothing is sent from there, and nothing is taken. */
const withoutMail = (name: string): DnsRecord[] => [
  txt(name, 'v=spf1 -all', 'no mail comes from this name'),
  nullMx(name, 'and it takes none'),
];

function address(name: string, value: string, purpose: string): DnsRecord {
  if (!isIPv4(value)) throw new EeError('DNS_ADDRESS_NEEDED', { name, address: value });
  return a(name, value, purpose);
}

/** CAA: at the base domain for all names below it, and at the web names that lie elsewhere. */
function issuerRecords({ sending, mailwizz, engine, tls }: DnsSettings): { records: DnsRecord[]; notes: string[] } {
  const authority = issuerOf(tls.acmeDirectoryUrl);
  if (authority === undefined) {
    const { host } = new URL(tls.acmeDirectoryUrl);
    return { records: [], notes: [`No CAA record: the name under which ${host} looks for one is not known to ee.`] };
  }
  const outside = [mailwizz.panelDomain, engine.domain].filter((name) => !isWithin(name, sending.baseDomain));
  const names = [...new Set([sending.baseDomain, ...outside])];
  return {
    records: names.map((name) => caa(name, authority, 'only this authority may issue certificates')),
    notes: [
      `CAA allows ${authority} alone: add a record for each other authority that certifies ${names.join(' or ')}.`,
    ],
  };
}
