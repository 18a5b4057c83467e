/** How much a check matters: mail is refused or lost without it; it is expected of a good sender; it is good to have. */
export const SEVERITIES = ['required', 'recommended', 'optional'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a check concluded. What could not be determined is never `ok`. */
export const VERDICTS = ['wrong', 'missing', 'undetermined', 'ok'] as const;
export type Verdict = (typeof VERDICTS)[number];

interface Kind {
  readonly title: string;
  readonly severity: Severity;
  /** What is right. */
  readonly right: string;
}

/** What is checked. A check that finds nothing wrong has the name of its kind as its code. */
export const KINDS = {
  delegation: {
    title: 'Delegation',
    severity: 'required',
    right: 'the zone above names the same name servers as the zone itself, and each of them answers for it',
  },
  a: {
    title: 'Address of a sending host',
    severity: 'required',
    right: 'the greeting name leads to its sending IP alone',
  },
  ptr: {
    title: 'Reverse name',
    severity: 'required',
    right: 'the sending IP leads back to its greeting name alone, and the name does not look like a dial-up line',
  },
  aaaa: { title: 'No IPv6 address', severity: 'recommended', right: 'no name has an AAAA record' },
  spf: {
    title: 'SPF',
    severity: 'required',
    right:
      'one record, within the limits of RFC 7208, that ends in `-all` or `~all` and passes for the IP, as greeting and as return path',
  },
  dkim: {
    title: 'DKIM key',
    severity: 'required',
    right: 'one record with the public half of the key here; a revoked key has an empty `p=`',
  },
  dmarc: {
    title: 'DMARC',
    severity: 'required',
    right:
      'one record by RFC 9989, reports that their receiver has agreed to, and From, return path and signature aligned',
  },
  mx: {
    title: 'MX',
    severity: 'required',
    right: 'bounces find their way: to a name with an A record that is no alias, the host itself',
  },
  'mx-port': {
    title: 'Port 25 of the MX',
    severity: 'required',
    right:
      'the mail exchange answers under a name of ours, offers STARTTLS, and takes mail for postmaster; no mail is sent',
  },
  'postmaster-mx': {
    title: 'MX of the postmaster’s domain',
    severity: 'recommended',
    right: 'the mailbox for reports and complaints can be delivered to',
  },
  'tls-rpt': { title: 'TLS reporting', severity: 'recommended', right: 'one record by RFC 8460' },
  'mta-sts': { title: 'MTA-STS', severity: 'recommended', right: 'where there is a record: one by RFC 8461' },
  caa: {
    title: 'CAA',
    severity: 'required',
    right: 'the authority that certifies panel and API may do so',
  },
  'no-mail': {
    title: 'No mail of panel and API',
    severity: 'recommended',
    right: 'SPF `v=spf1 -all` and a null MX, so that nobody forges mail of the name',
  },
  web: { title: 'Address of panel and API', severity: 'required', right: 'the name leads to its host alone' },
  blocklist: {
    title: 'Blocklist',
    severity: 'required',
    right: 'a list that works does not list the address or the name',
  },
} as const satisfies Record<string, Kind>;
export type CheckKind = keyof typeof KINDS;

interface Problem {
  /** undefined: any kind of check. */
  readonly kind: CheckKind | undefined;
  readonly verdict: Exclude<Verdict, 'ok'>;
  /** Where it differs from that of its kind. */
  readonly severity?: Severity;
  readonly why: string;
}

const wrong = (kind: CheckKind, why: string, severity?: Severity): Problem => ({
  ...{ kind, verdict: 'wrong', why },
  ...(severity && { severity }),
});
const missing = (kind: CheckKind, why: string, severity?: Severity): Problem => ({
  ...{ kind, verdict: 'missing', why },
  ...(severity && { severity }),
});
const undetermined = (kind: CheckKind | undefined, why: string, severity?: Severity): Problem => ({
  ...{ kind, verdict: 'undetermined', why },
  ...(severity && { severity }),
});

/** Every problem that a check can find. The codes are stable: scripts rely on them. */
export const PROBLEMS = {
  'delegation-missing': missing('delegation', 'Nobody finds any record of the zone.'),
  'delegation-lame': wrong('delegation', 'Whoever asks that server gets no answer, and may not ask another.'),
  'delegation-differs': wrong(
    'delegation',
    'Some ask servers that the zone does not know of, or never those that it names (RFC 1034 §4.2.2).',
    'recommended',
  ),
  'delegation-undetermined': undetermined(
    'delegation',
    'The name servers of the zone above could not be found or asked.',
    'recommended',
  ),
  'a-missing': missing('a', 'Receivers refuse a greeting that leads nowhere.'),
  'a-wrong': wrong('a', 'The greeting leads to another address than the one that mail comes from.'),
  'a-several': wrong('a', 'With several addresses each receiver picks one, and not always the right one.'),
  'a-alias': wrong(
    'a',
    'A name that is an alias can hold neither SPF nor MX, and a greeting must not be one (RFC 5321 §2.3.5).',
  ),
  'ptr-missing': missing('ptr', 'Most mailbox providers refuse mail from an address without a reverse name.'),
  'ptr-wrong': wrong('ptr', 'The reverse name is not the name that the host greets with.'),
  'ptr-several': wrong('ptr', 'With several reverse names it is chance which one a receiver sees.'),
  'ptr-generic': wrong(
    'ptr',
    'A name with the address in it looks like a dial-up line, which providers refuse.',
    'recommended',
  ),
  'aaaa-present': wrong('aaaa', 'Mail leaves over IPv4 alone; an IPv6 address would need PTR and SPF of its own.'),
  'spf-missing': missing('spf', 'SPF is not inherited: each sending name needs its own.'),
  'spf-several': wrong('spf', 'With two records SPF is in error for every receiver (RFC 7208 §4.5).'),
  'spf-invalid': wrong('spf', 'A record with a mistake in it, or in one that it includes, is in error as a whole.'),
  'spf-lookups': wrong('spf', 'More than 10 terms that ask DNS are an error (RFC 7208 §4.6.4).'),
  'spf-void': wrong('spf', 'More than 2 questions without an answer are an error (RFC 7208 §4.6.4).'),
  'spf-mx-names': wrong('spf', 'An `mx` term with more than 10 mail exchanges is an error (RFC 7208 §4.6.4).'),
  'spf-ptr': wrong('spf', '`ptr` is slow and unreliable, and some receivers ignore it (RFC 7208 §5.5).'),
  'spf-open': wrong('spf', 'Everybody, or nearly, may send in this name: receivers treat it as worse than no record.'),
  'spf-no-all': missing('spf', 'Without `-all` or `~all` at its end the record says nothing about all others.'),
  'spf-not-pass': wrong('spf', 'The record does not allow the IP that sends.'),
  'spf-long': wrong('spf', 'Above 450 octets an answer may not fit into a packet.', 'recommended'),
  'spf-undetermined': undetermined('spf', 'Something that the record refers to could not be asked for.'),
  'dkim-missing': missing('dkim', 'Every signature with this key fails.'),
  'dkim-several': wrong('dkim', 'With two records verifiers disagree (RFC 6376, the end of §3.6.2).'),
  'dkim-cut': wrong('dkim', 'The record was cut, as some forms do after 255 characters.'),
  'dkim-quotes': wrong('dkim', 'Quotes have become part of the key: some verifiers refuse it.'),
  'dkim-invalid': wrong('dkim', 'It is no key that every verifier takes.'),
  'dkim-other-key': wrong('dkim', 'The key in DNS is not the public half of the one that signs.'),
  'dkim-revoked': wrong(
    'dkim',
    'An empty `p=` says that the key is revoked: every signature with it fails, and it is never put back.',
  ),
  'dkim-testing': wrong('dkim', '`t=y` says that signatures are a test, and may be ignored.'),
  'dkim-not-revoked': wrong('dkim', 'A key that is given up still verifies.'),
  'dkim-unread': undetermined('dkim', 'The key here could not be read, so there is nothing to compare DNS with.'),
  'dmarc-missing': missing('dmarc', 'Google, Yahoo and Microsoft want a DMARC record of a bulk sender.'),
  'dmarc-several': wrong('dmarc', 'With two records there is no policy (RFC 9989).'),
  'dmarc-invalid': wrong('dmarc', 'A record that does not begin with `v=DMARC1`, or is malformed, is no record.'),
  'dmarc-policy': wrong('dmarc', 'The policy is not one of none, quarantine and reject.'),
  'dmarc-removed-tag': wrong('dmarc', 'RFC 9989 has removed pct, rf and ri: they do nothing.', 'recommended'),
  'dmarc-no-reports': missing('dmarc', 'Without rua nobody hears of mail that fails.', 'recommended'),
  'dmarc-reports-invalid': wrong('dmarc', 'The address for reports is none.', 'recommended'),
  'dmarc-reports-refused': missing(
    'dmarc',
    'The domain that gets the reports has not agreed to, so none are sent (RFC 9990).',
    'recommended',
  ),
  'dmarc-reports-undetermined': undetermined(
    'dmarc',
    'Whether the receiver of the reports has agreed could not be asked.',
  ),
  'dmarc-unaligned': wrong('dmarc', 'Neither return path nor signature is aligned with the From address: DMARC fails.'),
  'mx-missing': missing('mx', 'Bounces and complaints to this host cannot be delivered.'),
  'mx-null': wrong('mx', 'A null MX says that the name takes no mail.'),
  'mx-literal': wrong('mx', 'An MX names a host, never an address.'),
  'mx-alias': wrong('mx', 'An MX must not name an alias (RFC 2181 §10.3).'),
  'mx-unresolved': wrong('mx', 'The mail exchange has no A record.'),
  'mx-undetermined': undetermined('mx', 'Where the mail exchange leads could not be asked.'),
  'mx-elsewhere': wrong('mx', 'Bounces go to another host, where PowerMTA does not see them.', 'recommended'),
  'mx-port-closed': wrong(
    'mx-port',
    'Nobody listens there, or a firewall is before it: bounces and complaints are lost.',
  ),
  'mx-port-declines': wrong('mx-port', 'Somebody answers, and takes no mail: bounces and complaints are lost.'),
  'mx-port-banner': wrong('mx-port', 'Another machine may answer than the one that sends.', 'recommended'),
  'mx-port-starttls': wrong('mx-port', 'Bounces and complaints come in clear.', 'recommended'),
  'mx-port-postmaster': wrong(
    'mx-port',
    'Providers write to postmaster before they block, and some test it.',
    'recommended',
  ),
  'mx-port-later': undetermined('mx-port', 'It is busy, or does not know who asks: try again later.', 'recommended'),
  'mx-port-unreached': undetermined(
    'mx-port',
    'None of our exchanges can be reached from here. Before the first deployment that is so; from many networks port 25 of others is closed: then run it from a server.',
    'recommended',
  ),
  'postmaster-mx-missing': missing('postmaster-mx', 'Reports and complaints have nowhere to go.'),
  'tls-rpt-missing': missing('tls-rpt', 'Nobody hears when others cannot deliver over TLS.'),
  'tls-rpt-several': wrong('tls-rpt', 'With two records there is none (RFC 8460 §3).'),
  'tls-rpt-invalid': wrong('tls-rpt', 'The record is not of the form that RFC 8460 gives.'),
  'mta-sts-several': wrong('mta-sts', 'With two records there is none (RFC 8461 §3.1).'),
  'mta-sts-invalid': wrong('mta-sts', 'The record is not of the form that RFC 8461 gives.'),
  'caa-missing': missing('caa', 'Any authority may issue certificates for the name.', 'recommended'),
  'caa-forbids': wrong('caa', 'The authority of the settings may not issue: the next renewal fails.'),
  'web-missing': missing('web', 'Nobody reaches the host, and no certificate is issued.'),
  'web-wrong': wrong('web', 'The name leads to another address than the host has.'),
  'web-several': wrong('web', 'Some visitors are led to another host.'),
  'no-mail-spf-missing': missing('no-mail', 'Whoever forges mail of the name is not told from others.'),
  'no-mail-spf-wrong': wrong('no-mail', 'The name sends no mail, and its SPF record does not say so alone.'),
  'no-mail-mx-missing': missing('no-mail', 'Without a null MX (RFC 7505) mail to the name is tried for days.'),
  'no-mail-mx-wrong': wrong('no-mail', 'The name takes no mail, and its MX says that it does.'),
  'blocklist-listed': wrong('blocklist', 'Providers that use the list refuse the mail.'),
  'blocklist-undetermined': undetermined('blocklist', 'The list gave no answer that means anything.'),
  'blocklist-dead': undetermined(
    'blocklist',
    'The list does not list what every list does for tests: its answers mean nothing.',
  ),
  'name-servers-differ': {
    kind: undefined,
    verdict: 'wrong',
    why: 'The name servers of a zone disagree: one is stale.',
  },
  'not-propagated': {
    ...{ kind: undefined, verdict: 'wrong' },
    why: 'A resolver still gives what was there before; the seconds are the longest that it may.',
  },
  'name-server-silent': undetermined(undefined, 'A name server of the zone gave no answer that counts.'),
  'resolver-silent': undetermined(undefined, 'A resolver gave no answer that counts.'),
  'zone-unknown': undetermined(
    undefined,
    'The name servers of the zone could not be found, so only resolvers were asked.',
  ),
  unsteady: undetermined(undefined, 'It was right at one look and wrong at another.'),
} as const satisfies Record<string, Problem>;
export type ProblemCode = keyof typeof PROBLEMS;

export function severityOf(kind: CheckKind, code: ProblemCode | undefined): Severity {
  const problem: Problem | undefined = code && PROBLEMS[code];
  return problem?.severity ?? KINDS[kind].severity;
}
