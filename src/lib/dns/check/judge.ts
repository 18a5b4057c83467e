import type { Answer } from '../answer.js';
import type { NameView, ServerAnswer } from '../view.js';
import type { Finding, Look, Seen } from './result.js';

/** What the servers agree on: the values, none where there is no such record. */
export interface Said<Value> {
  readonly values: readonly Value[];
  readonly alias: string | undefined;
}

/** What is wrong with what the servers agree on; it may ask what else there is to know. */
export type Judge<Value> = (said: Said<Value>) => readonly Finding[] | Promise<readonly Finding[]>;

/** How the value of a record is written, which is also how two are compared. */
export type Write<Value> = (value: Value) => string;

/**
 * Judges a view: where the name servers of the zone disagree, that is what is wrong; else what they say is judged. What one of them
 * leaves unsaid keeps a good answer from being good, and so does a resolver that says something else or nothing.
 */
export async function judged<Value>(view: NameView<Value>, write: Write<Value>, judge: Judge<Value>): Promise<Look> {
  return { findings: await findingsOf(view, write, judge), seen: view.answers.map((one) => seenOf(one, write)) };
}

async function findingsOf<Value>(
  view: NameView<Value>,
  write: Write<Value>,
  judge: Judge<Value>,
): Promise<readonly Finding[]> {
  const authoritative = view.answers.filter(({ role }) => role === 'authoritative');
  const decisive = authoritative.length > 0 ? authoritative : view.answers;
  const definite = decisive.filter(isDefinite);
  const [first, ...others] = definite;
  const doubts = [...zoneUnknown(view), ...silences(view, decisive)];
  if (first === undefined) return doubts;
  const differing = others.find((other) => text(other, write) !== text(first, write));
  if (differing) return [difference(view, first, differing, write)];

  const findings = await judge({ values: valuesOf(first.answer), alias: first.alias });
  if (findings.length > 0) return findings;
  return doubts.length > 0 ? doubts : propagation(view, first, write);
}

const isDefinite = ({ answer }: ServerAnswer<unknown>): boolean => answer.kind !== 'unknown';

const valuesOf = <Value>(answer: Answer<Value>): readonly Value[] => (answer.kind === 'found' ? answer.values : []);

/** The values in an order of their own: that in which a server gives them means nothing. */
function text<Value>({ answer }: ServerAnswer<Value>, write: Write<Value>): string {
  return valuesOf(answer).map(write).sort().join('\n');
}

/** Who gave no answer that counts. */
function silences({ name, type }: NameView<unknown>, answers: readonly ServerAnswer<unknown>[]): Finding[] {
  return answers.flatMap(({ server, role, answer }): Finding[] => {
    if (answer.kind !== 'unknown') return [];
    const code = role === 'authoritative' ? 'name-server-silent' : 'resolver-silent';
    const message = `${server} does not say what the ${type} record of ${name} is: ${answer.reason}.`;
    return [{ code, message, cause: `${server}: ${answer.reason}` }];
  });
}

/** Resolvers alone may be behind: what is right is not known without the name servers. */
function zoneUnknown({ answers, reason }: NameView<unknown>): Finding[] {
  const asked = answers.some(({ role }) => role === 'authoritative');
  return reason === undefined || asked ? [] : [{ code: 'zone-unknown', message: `${reason}.`, cause: reason }];
}

function difference<Value>(
  { name, type, zone }: NameView<Value>,
  one: ServerAnswer<Value>,
  other: ServerAnswer<Value>,
  write: Write<Value>,
): Finding {
  const said = (server: ServerAnswer<Value>): string => `${server.server} says ${sentence(server, write)}`;
  return {
    code: 'name-servers-differ',
    message: `The name servers of ${zone ?? name} disagree about the ${type} record of ${name}: ${said(one)}, ${said(other)}.`,
  };
}

/** What the resolvers make of a record that is right where it is published. */
function propagation<Value>(view: NameView<Value>, right: ServerAnswer<Value>, write: Write<Value>): Finding[] {
  const resolvers = view.answers.filter(({ role }) => role === 'resolver');
  const behind = resolvers.filter((one) => isDefinite(one) && text(one, write) !== text(right, write));
  const stale = behind.map((resolver): Finding => {
    const seconds = resolver.ttl === undefined ? '' : `, for up to ${resolver.ttl} s`;
    const where = `${right.server} has the right ${view.type} record of ${view.name}`;
    return {
      code: 'not-propagated',
      message: `${where}; ${resolver.server} still says ${sentence(resolver, write)}${seconds}.`,
    };
  });
  return [...stale, ...silences(view, resolvers)];
}

function sentence<Value>({ answer }: ServerAnswer<Value>, write: Write<Value>): string {
  if (answer.kind !== 'found') return answer.reason;
  return answer.values.map((value) => `"${abridged(write(value))}"`).join(' and ');
}

/** A long text, as a key is, with its two ends: they tell it from another. */
export function abridged(value: string): string {
  return value.length <= 80 ? value : `${value.slice(0, 50)}…${value.slice(-20)}`;
}

/** What a server said, as it is shown. */
export function seenOf<Value>({ server, role, answer, ttl, alias }: ServerAnswer<Value>, write: Write<Value>): Seen {
  return {
    ...{ server, role, answer: answer.kind },
    ...(answer.kind === 'found' ? { values: answer.values.map(write) } : { reason: answer.reason }),
    ...(ttl !== undefined && { ttl }),
    ...(alias !== undefined && { alias }),
  };
}
