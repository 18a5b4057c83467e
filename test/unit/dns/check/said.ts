import type { Answer } from '../../../../src/lib/dns/answer.js';
import { judged, type Said } from '../../../../src/lib/dns/check/judge.js';
import type { Finding, Fix } from '../../../../src/lib/dns/check/result.js';
import type { SpfLookups } from '../../../../src/lib/dns/check/spf/evaluate.js';
import type { NameView, ServerAnswer } from '../../../../src/lib/dns/view.js';

/** What all servers agree on. */
export const said = <Value>(...values: Value[]): Said<Value> => ({ values, alias: undefined });

export const found = <Value>(...values: Value[]): Answer<Value> => ({ kind: 'found', values });
export const none: Answer<never> = { kind: 'none', reason: 'the name does not exist' };
export const unknown: Answer<never> = { kind: 'unknown', reason: 'no answer in time' };

export const fix: Fix = { name: 'mail1.example.com', type: 'A', value: '192.0.2.11', line: 'mail1.example.com. …' };

/** The answers of two name servers and two resolvers to one question. */
export function view(
  [ns1, ns2, resolver1, resolver2]: readonly (Answer | undefined)[],
  more: Partial<NameView> = {},
): NameView {
  const one = (server: string, role: ServerAnswer['role'], answer: Answer | undefined): ServerAnswer[] =>
    answer === undefined ? [] : [{ server, role, answer, ttl: 60 }];
  return {
    ...{ name: 'mail1.example.com', type: 'A', zone: 'example.com', negativeTtl: 60 },
    answers: [
      ...one('ns1.example.com (192.0.2.53)', 'authoritative', ns1),
      ...one('ns2.example.com (198.51.100.53)', 'authoritative', ns2),
      ...one('203.0.113.1', 'resolver', resolver1),
      ...one('203.0.113.2', 'resolver', resolver2),
    ],
    ...more,
  };
}

/** The codes of a view whose right values are these. */
export async function codesOf(answers: NameView, right: readonly string[] = ['192.0.2.11']): Promise<string[]> {
  const judge = ({ values }: Said<string>): Finding[] =>
    values.join() === right.join() ? [] : [{ code: values.length === 0 ? 'a-missing' : 'a-wrong', message: 'wrong' }];
  return (await judged(answers, (value) => value, judge)).findings.map(({ code }) => code);
}

/** DNS as a table: `TXT example.com` → its values, or `'down'`. */
export function lookups(records: Readonly<Record<string, readonly unknown[] | 'down'>>): SpfLookups {
  const answer = <Value>(type: string, name: string): Promise<Answer<Value>> => {
    const values = records[`${type} ${name}`];
    if (values === 'down') return Promise.resolve(unknown);
    return Promise.resolve(values === undefined ? none : { kind: 'found', values: values as Value[] });
  };
  return { a: (name) => answer('A', name), mx: (name) => answer('MX', name), txt: (name) => answer('TXT', name) };
}
