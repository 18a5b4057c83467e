import { isWithin } from '../../names.js';
import type { Said } from '../judge.js';
import { policyRecord } from '../policy-record.js';
import { addressProblem } from '../reporting.js';
import type { Finding, Fix } from '../result.js';

const POLICIES = ['none', 'quarantine', 'reject'];

/** RFC 9989 removed these: receivers ignore them. */
const REMOVED = ['pct', 'rf', 'ri'];

const MAILTO = /^mailto:[^@\s,!]+@([A-Za-z0-9.-]+)(?:![0-9]+[kmgt]?)?$/;

export interface ExpectedDmarc {
  /** `_dmarc.example.com`. */
  readonly name: string;
  readonly fix: Fix | undefined;
  /** A host below a domain with a policy needs none of its own. */
  readonly optional?: boolean;
}

/** A DMARC record by RFC 9989, in itself: whom it names is judged apart. */
export function judgeDmarc(
  { name, fix, optional = false }: ExpectedDmarc,
  { values }: Said<string>,
): readonly Finding[] {
  const record = policyRecord('DMARC1', values);
  const finding = (code: Finding['code'], message: string): Finding => ({ code, message, fix });
  if (record.kind === 'missing') return optional ? [] : [finding('dmarc-missing', `${name} has no DMARC record.`)];
  if (record.kind === 'several')
    return [finding('dmarc-several', `${name} has ${record.count} DMARC records: one may stay.`)];
  if (record.kind === 'malformed')
    return [finding('dmarc-invalid', `The DMARC record of ${name} is invalid: ${record.reason}.`)];
  const { tags } = record;
  const policies = ['p', 'sp', 'np'].filter((tag) => tags.has(tag) || tag === 'p');
  const bad = policies.find((tag) => !POLICIES.includes(tags.get(tag)?.toLowerCase() ?? ''));
  const removed = REMOVED.filter((tag) => tags.has(tag));
  return [
    ...(bad === undefined
      ? []
      : [finding('dmarc-policy', `The DMARC record of ${name} has ${bad}=${tags.get(bad) ?? ''}.`)]),
    ...flagFindings(name, tags, finding),
    ...(removed.length > 0
      ? [finding('dmarc-removed-tag', `The DMARC record of ${name} has ${removed.join(', ')}, which RFC 9989 removed.`)]
      : []),
    ...reportFindings(name, tags, finding),
  ];
}

type Make = (code: Finding['code'], message: string) => Finding;

function flagFindings(name: string, tags: ReadonlyMap<string, string>, finding: Make): Finding[] {
  const allowed: Readonly<Record<string, RegExp>> = { adkim: /^[rs]$/, aspf: /^[rs]$/, t: /^[yn]$/, psd: /^[ynu]$/ };
  const bad = Object.keys(allowed).find((tag) => tags.has(tag) && allowed[tag]?.test(tags.get(tag) ?? '') === false);
  return bad === undefined
    ? []
    : [finding('dmarc-invalid', `The DMARC record of ${name} has ${bad}=${tags.get(bad)}.`)];
}

function reportFindings(name: string, tags: ReadonlyMap<string, string>, finding: Make): Finding[] {
  if (!tags.has('rua'))
    return [finding('dmarc-no-reports', `The DMARC record of ${name} has no rua: nobody gets reports.`)];
  const problem = addressProblem(tags.get('rua'), MAILTO);
  return problem === undefined ? [] : [finding('dmarc-reports-invalid', `In the DMARC record of ${name} ${problem}.`)];
}

/** The tags of the only valid DMARC record among TXT values. */
export function dmarcTags(values: readonly string[]): ReadonlyMap<string, string> | undefined {
  const record = policyRecord('DMARC1', values);
  return record.kind === 'record' ? record.tags : undefined;
}

/** The domains outside of a policy's own that its reports go to, each of which must agree (RFC 9990). */
export function outsideReportDomains(policyDomain: string, tags: ReadonlyMap<string, string> | undefined): string[] {
  const uris = tags?.get('rua')?.split(',') ?? [];
  const domains = uris.flatMap((uri) => MAILTO.exec(uri.trim())?.[1]?.toLowerCase() ?? []);
  return [...new Set(domains)].filter((domain) => !isWithin(domain, policyDomain) && !isWithin(policyDomain, domain));
}

/** The agreement of a domain to get the reports of another. */
export function judgeReportPermission(
  {
    policyDomain,
    reportDomain,
    fix,
  }: { readonly policyDomain: string; readonly reportDomain: string; readonly fix: Fix | undefined },
  { values }: Said<string>,
): readonly Finding[] {
  const { kind } = policyRecord('DMARC1', values);
  if (kind === 'record') return [];
  const message = `${reportDomain} does not take DMARC reports about ${policyDomain}: it must publish TXT ${policyDomain}._report._dmarc.${reportDomain} "v=DMARC1".`;
  return [{ code: 'dmarc-reports-refused', message, fix }];
}
