import type { Said } from '../judge.js';
import type { Finding, Fix } from '../result.js';
import type { SpfResult } from './evaluate.js';
import { isSpf } from './record.js';

/** The most octets of a record that surely fits into a packet with what else the answer holds (RFC 7208 §3.4). */
const LONGEST = 450;

/** The only SPF record of a name; undefined where there is none, or more than one. */
export function onlySpf({ values }: Said<string>): string | undefined {
  const records = values.filter(isSpf);
  return records.length === 1 ? records[0] : undefined;
}

/**
 * Judges the SPF record of a sending host. `results` are what receivers conclude of the IP, with the greeting and with the return
 * path; empty where there is no single record to evaluate.
 */
export function judgeSpf(
  { name, ip, fix }: { readonly name: string; readonly ip: string; readonly fix: Fix | undefined },
  said: Said<string>,
  results: readonly SpfResult[],
): readonly Finding[] {
  const records = said.values.filter(isSpf);
  const finding = (code: Finding['code'], message: string): Finding => ({ code, message, fix });
  const [text] = records;
  if (text === undefined) return [finding('spf-missing', `${name} has no SPF record.`)];
  if (records.length > 1)
    return [finding('spf-several', `${name} has ${records.length} SPF records: one may stay, this one.`)];

  const limits = results.flatMap((result) => beyondLimits(name, result, finding));
  const open = [...new Set(results.flatMap((result) => result.open))];
  const findings = [
    ...limits,
    ...(open.length > 0
      ? [finding('spf-open', `The SPF record of ${name} lets everybody send: ${open.join(', ')}.`)]
      : []),
    ...(results.some(({ ptr }) => ptr) ? [finding('spf-ptr', `The SPF record of ${name} uses ptr: remove it.`)] : []),
    ...(results.some(({ ends }) => !ends)
      ? [finding('spf-no-all', `The SPF record of ${name} does not end in -all or ~all.`)]
      : []),
    ...(text.length > LONGEST
      ? [finding('spf-long', `The SPF record of ${name} has ${text.length} octets; ${LONGEST} are safe.`)]
      : []),
    ...verdicts(name, ip, results, finding),
  ];
  return findings.filter(({ code }, at) => findings.findIndex((other) => other.code === code) === at);
}

type Make = (code: Finding['code'], message: string) => Finding;

function beyondLimits(name: string, { terms, voids, mxNames, mistakes }: SpfResult, finding: Make): Finding[] {
  if (mistakes.length > 0)
    return [finding('spf-invalid', `The SPF record of ${name} is an error: ${mistakes.join('; ')}.`)];
  return [
    ...(terms > 10
      ? [finding('spf-lookups', `The SPF record of ${name} has ${terms} terms that ask DNS; 10 are allowed.`)]
      : []),
    ...(voids > 2
      ? [finding('spf-void', `${voids} questions of the SPF record of ${name} have no answer; 2 are allowed.`)]
      : []),
    ...(mxNames > 10
      ? [finding('spf-mx-names', `An mx of the SPF record of ${name} has ${mxNames} names; 10 are allowed.`)]
      : []),
  ];
}

function verdicts(name: string, ip: string, results: readonly SpfResult[], finding: Make): Finding[] {
  const unknown = [...new Set(results.flatMap((result) => result.unknown))];
  if (unknown.length > 0)
    return [
      {
        code: 'spf-undetermined',
        message: `What the SPF record of ${name} refers to is not known: ${unknown.join('; ')}.`,
      },
    ];
  const other = results.find(({ result }) => result !== 'pass' && result !== 'permerror');
  return other
    ? [finding('spf-not-pass', `The SPF record of ${name} does not allow ${ip}: the result is ${other.result}.`)]
    : [];
}
