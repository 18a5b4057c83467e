import { isRevokedValue, revokedThere, unreadName } from './dkim-record.js';
import type { RecordSet } from './record-set.js';
import { valueOf, type DnsRecord } from './records.js';
import type { DnsSurvey, NameView } from './view.js';

/** A record that DNS may still have and should not: the key of a selector that is out of use. */
export interface Obsolete {
  readonly name: string;
  readonly type: 'TXT' | 'AAAA';
  /** Why it should go. */
  readonly reason: string;
}

/** What is to be done so that DNS answers with a record set, or that it does already. Values are as people write them. */
export type Difference =
  | (At & { readonly action: 'none' })
  | (At & { readonly action: 'add'; readonly wanted: string })
  /** `found`: what stands in its place at `servers`, or beside it. */
  | (At & {
      readonly action: 'change';
      readonly wanted: string;
      readonly found: readonly string[];
      readonly servers: readonly string[];
    })
  | (At & { readonly action: 'remove'; readonly found: readonly string[]; readonly reason: string })
  /** Nobody could say: no answer, which is never taken for a good one. */
  | (At & { readonly action: 'unknown'; readonly wanted: string | null; readonly reason: string });

interface At {
  readonly type: DnsRecord['type'] | 'AAAA';
  /** The name; of a PTR record the address. */
  readonly name: string;
}

/** Compares a record set, and what should not be there any more, with what the name servers answer now. */
export async function differences(
  set: RecordSet,
  obsolete: readonly Obsolete[],
  survey: DnsSurvey,
): Promise<Difference[]> {
  const compared = [...set.records, ...set.reverse].map(async (record) =>
    compare(record, await seenAt(survey, record)),
  );
  const left = obsolete.map(async (one) => leftover(one, await survey[one.type === 'TXT' ? 'txt' : 'aaaa'](one.name)));
  const unread = set.unread.map((one): Difference => {
    const { reason } = one;
    return { type: 'TXT', name: unreadName(one), action: 'unknown', wanted: null, reason };
  });
  return [...(await Promise.all([...compared, ...left])).filter((one) => one !== undefined), ...unread];
}

/** The records of a set that are to be added or changed: what remains to be done, in any of the formats. */
export function unpublished(set: RecordSet, found: readonly Difference[]): RecordSet {
  const open = ({ type, name }: At): boolean =>
    found.some((one) => one.type === type && one.name === name && (one.action === 'add' || one.action === 'change'));
  return {
    ...set,
    records: set.records.filter((record) => open(record)),
    reverse: set.reverse.filter(({ ip }) => open({ type: 'PTR', name: ip })),
  };
}

const at = (record: DnsRecord): At => ({ type: record.type, name: record.type === 'PTR' ? record.ip : record.name });

/** What every server says of the name, in the words of `valueOf`. */
async function seenAt(survey: DnsSurvey, record: DnsRecord): Promise<NameView> {
  switch (record.type) {
    case 'A':
      return survey.a(record.name);
    case 'TXT':
      return survey.txt(record.name);
    case 'PTR':
      return survey.ptr(record.ip);
    case 'MX':
      return worded(await survey.mx(record.name), ({ priority, exchange }) => `${priority} ${exchange || '.'}`);
    case 'CAA':
      return worded(
        await survey.caa(record.name),
        ({ critical, tag, value }) => `${critical ? 128 : 0} ${tag} "${value}"`,
      );
  }
}

function worded<Value>(view: NameView<Value>, words: (value: Value) => string): NameView {
  const answers = view.answers.map(({ answer, ...rest }) => ({
    ...rest,
    answer: answer.kind === 'found' ? { kind: answer.kind, values: answer.values.map(words) } : answer,
  }));
  return { ...view, answers };
}

/** The name servers of the zone say what is published; resolvers are believed where those could not be found. */
function deciding({ answers, reason }: NameView): NameView['answers'] {
  const authoritative = answers.filter(({ role }) => role === 'authoritative');
  return reason === undefined || authoritative.length > 0 ? authoritative : answers;
}

function compare(record: DnsRecord, view: NameView): Difference {
  const wanted = record.type === 'MX' ? `${record.preference} ${valueOf(record)}` : valueOf(record);
  const known = deciding(view).filter(({ answer }) => answer.kind !== 'unknown');
  const wrong = known.filter(({ answer, alias }) => !isRight(record, wanted, answer, alias));
  const domain = signingDomain(record);
  if (domain !== undefined && !isRevokedValue(wanted) && wrong.some(isRevokedAt))
    return { ...at(record), action: 'unknown', wanted: null, reason: revokedThere(domain) };
  if (wrong.length > 0) {
    const found = [...new Set(wrong.flatMap((one) => foreign(record, wanted, one)))];
    if (found.length === 0 && wrong.length === known.length) return { ...at(record), action: 'add', wanted };
    return { ...at(record), action: 'change', wanted, found, servers: wrong.map(({ server }) => server) };
  }
  const reason = doubt(view);
  return reason === undefined
    ? { ...at(record), action: 'none' }
    : { ...at(record), action: 'unknown', wanted, reason };
}

/** The domain that signs with the key of a record; undefined of any other record. */
function signingDomain({ type, name }: DnsRecord): string | undefined {
  return type === 'TXT' ? /\._domainkey\.(.+)$/.exec(name)?.[1] : undefined;
}

const isRevokedAt = ({ answer }: Said): boolean => answer.kind === 'found' && answer.values.some(isRevokedValue);

/** Why the answers do not settle it: one of those that decide is missing. */
function doubt(view: NameView): string | undefined {
  const answers = deciding(view);
  if (answers.length === 0) return view.reason ?? 'no server could be asked';
  const [first] = answers.flatMap(({ server, answer }) =>
    answer.kind === 'unknown' ? [`${server}: ${answer.reason}`] : [],
  );
  return first;
}

type Said = NameView['answers'][number];

function isRight(record: DnsRecord, wanted: string, answer: Said['answer'], alias: string | undefined): boolean {
  if (answer.kind !== 'found' || !answer.values.some((value) => same(record, value, wanted))) return false;
  // A host of the MX records is no alias (RFC 2181 §10.3), and a name with an alias has no other record (§10.1).
  if (alias !== undefined && (record.type === 'A' || record.type === 'MX')) return false;
  return answer.values.every((value) => same(record, value, wanted) || !competes(record, value));
}

/** What a server says in the place of a record, or beside it though only one may be there. */
function foreign(record: DnsRecord, wanted: string, { answer, alias }: Said): string[] {
  const { type } = record;
  const others = answer.kind === 'found' ? answer.values.filter((value) => !same(record, value, wanted)) : [];
  const competing = others.filter((value) => competes(record, value));
  return alias !== undefined && (type === 'A' || type === 'MX') ? [`CNAME ${alias}`, ...competing] : competing;
}

/** Names do not care for case. Texts do, but not for blanks around their tags, nor for a `;` at the end (RFC 6376 §3.2). */
function same({ type }: DnsRecord, one: string, other: string): boolean {
  const plain = (text: string): string => text.replace(/\s*([;=])\s*/g, '$1').replace(/[;\s]+$/, '');
  return type === 'TXT' ? plain(one) === plain(other) : one.toLowerCase() === other.toLowerCase();
}

/** Several records of one kind at a name contradict each other; a text of another kind has nothing to do with ours. */
function competes(record: DnsRecord, value: string): boolean {
  if (record.type === 'CAA') return false;
  if (record.type !== 'TXT' || record.name.includes('._domainkey.')) return true;
  const kind = /^v=[^;\s]+/i.exec(record.text)?.[0].toLowerCase() ?? '';
  return value.toLowerCase().startsWith(kind);
}

/** Nothing where it is gone, as it should be. */
function leftover({ type, name, reason }: Obsolete, view: NameView): Difference | undefined {
  const found = deciding(view).flatMap(({ answer }) => (answer.kind === 'found' ? answer.values : []));
  if (found.length > 0) return { type, name, action: 'remove', found: [...new Set(found)], reason };
  const unsure = doubt(view);
  return unsure === undefined ? undefined : { type, name, action: 'unknown', wanted: null, reason: unsure };
}
