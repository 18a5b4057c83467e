import type { CaaProperty } from '../values.js';
import type { Said } from './judge.js';
import type { Finding, Fix } from './result.js';

/**
 * Whether an authority may certify a name (RFC 8659 §3, §4.2). `values` are the properties that hold for it: those of the nearest
 * name upwards that has any.
 */
export function judgeCaa(
  { name, issuer, fix }: { readonly name: string; readonly issuer: string; readonly fix: Fix | undefined },
  { values }: Said<CaaProperty>,
): readonly Finding[] {
  if (values.length === 0)
    return [{ code: 'caa-missing', message: `No CAA record limits who may issue certificates for ${name}.`, fix }];
  const strange = values.find(({ critical, tag }) => critical && !KNOWN.includes(tag));
  if (strange)
    return [
      {
        code: 'caa-forbids',
        message: `The CAA records for ${name} have a critical tag "${strange.tag}", which forbids all.`,
        fix,
      },
    ];
  const issue = values.filter(({ tag }) => tag === 'issue');
  if (issue.length === 0 || issue.some(({ value }) => authorityIn(value) === issuer)) return [];
  const allowed = issue.map(({ value }) => authorityIn(value) || 'nobody').join(' and ');
  return [{ code: 'caa-forbids', message: `The CAA records allow ${allowed} to certify ${name}, not ${issuer}.`, fix }];
}

const KNOWN = ['issue', 'issuewild', 'iodef', 'issuemail', 'issuevmc', 'contactemail', 'contactphone'];

/** The authority of a property: what stands before its parameters. */
const authorityIn = (value: string): string => value.split(';')[0]?.trim().toLowerCase() ?? '';

/** A CAA property as a zone file has it. */
export function writeCaa({ critical, tag, value }: CaaProperty): string {
  return `${critical ? 128 : 0} ${tag} "${value}"`;
}
