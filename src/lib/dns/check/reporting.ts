import type { Said } from './judge.js';
import { policyRecord } from './policy-record.js';
import type { Finding, Fix } from './result.js';

/** TLS reporting (RFC 8460 §3). */
export function judgeTlsRpt(name: string, fix: Fix | undefined, { values }: Said<string>): readonly Finding[] {
  const record = policyRecord('TLSRPTv1', values);
  if (record.kind === 'missing') return [{ code: 'tls-rpt-missing', message: `${name} has no TLS-RPT record.`, fix }];
  if (record.kind === 'several')
    return [{ code: 'tls-rpt-several', message: `${name} has ${record.count} TLS-RPT records: one may stay.`, fix }];
  const reason =
    record.kind === 'malformed'
      ? record.reason
      : addressProblem(record.tags.get('rua'), /^(mailto:[^@\s]+@[^@\s]+|https:\/\/\S+)$/);
  return reason === undefined
    ? []
    : [{ code: 'tls-rpt-invalid', message: `The TLS-RPT record of ${name} is invalid: ${reason}.`, fix }];
}

/** What is wrong with a list of URIs that reports go to. */
export function addressProblem(uris: string | undefined, form: RegExp): string | undefined {
  if (uris === undefined || uris === '') return 'it has no rua';
  const other = uris.split(',').find((uri) => !form.test(uri.trim()));
  return other === undefined ? undefined : `its rua has "${other.trim()}"`;
}

/** MTA-STS (RFC 8461 §3.1). It is optional: only what is there is judged. */
export function judgeMtaSts(name: string, { values }: Said<string>): readonly Finding[] {
  const record = policyRecord('STSv1', values);
  if (record.kind === 'missing') return [];
  if (record.kind === 'several')
    return [{ code: 'mta-sts-several', message: `${name} has ${record.count} MTA-STS records: one may stay.` }];
  const id = record.kind === 'record' ? record.tags.get('id') : undefined;
  const reason =
    record.kind === 'malformed'
      ? record.reason
      : /^[A-Za-z0-9]{1,32}$/.test(id ?? '')
        ? undefined
        : 'its id is not 1 to 32 letters and digits';
  return reason === undefined
    ? []
    : [{ code: 'mta-sts-invalid', message: `The MTA-STS record of ${name} is invalid: ${reason}.` }];
}
