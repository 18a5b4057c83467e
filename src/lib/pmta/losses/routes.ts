/** Which patterns, defaults and pools of one configuration do not lead mail where they led it in another one. */
import { nameNow, type Assignment } from '../adapt/assignment.js';
import { isBlock, nameOf, valueOf } from '../adapt/edit.js';
import { groupsOf, isSenderMap, REFERENCES, targetOf, targetsOf, type EntryGroup } from '../adapt/leads.js';
import { discards, isMember, membersOf } from '../adapt/old-topology.js';
import { settingsForUsers } from '../adapt/logged-in.js';
import { SENDER_LIST } from '../adapt/sender-list.js';
import { isGeneratedName } from '../adapt/plan.js';
import { unquoted, type Block, type Entry, type Line } from '../document.js';
import { entryKind } from '../entry.js';
import { firstWord } from '../lines.js';
import { grouped } from '../survey.js';
import { inSource, nowIn, type Correspondence, type Side } from './correspondence.js';
import { lossOf, type Loss } from './loss.js';

export function* routeLosses(before: Side, after: Side, { assignment }: Correspondence): Generator<Loss> {
  yield* poolLosses(after, assignment);
  yield* sharedMemberLosses(after, assignment);
  yield* listLosses(before, after, assignment);
  yield* defaultLosses(before, after, assignment);
  yield* referenceLosses(before, assignment);
}

const discardsIn =
  ({ topology }: Assignment) =>
  (name: string): boolean =>
    discards(topology, name);

/** Pools that keep their own members and have others now, or none. */
function* poolLosses(after: Side, assignment: Assignment): Generator<Loss> {
  const { topology, open } = assignment;
  for (const { name, blocks: all, members } of topology.pools.values()) {
    const [block] = all;
    const now = after.named('virtual-mta-pool', name);
    const is = new Set(now.flatMap(membersOf));
    if (block && now.length === 0) yield lossOf(block.open, `nothing stands for the pool ${name}`);
    if (!block || now.length === 0 || open.has(name)) continue;
    const own = new Set(members.map((member) => nameNow(assignment, member) ?? member));
    const others = [...is].filter((member) => !own.has(member));
    if (others.length > 0) yield lossOf(block.open, `mail for the pool ${name} would leave through ${others[0]} too`);
    const gone = new Set(goneMembers(after, assignment, name));
    for (const { member, line } of all.flatMap(memberLines))
      if (gone.has(member)) yield lossOf(line, `nothing that sends is left of the pool ${name}`);
  }
}

/**
 * The members of a pool of which none has a successor in it now, so that the pool has nothing of what it was for: the ones that send,
 * where it has some, else all. Empty where one stays.
 */
function goneMembers(after: Side, assignment: Assignment, name: string): readonly string[] {
  const { topology } = assignment;
  const defined = (topology.pools.get(name)?.members ?? []).filter((member) => topology.virtualMtas.has(member));
  const sending = defined.filter((member) => !discards(topology, member));
  const needed = sending.length > 0 ? sending : defined;
  const is = new Set(after.named('virtual-mta-pool', name).flatMap(membersOf));
  return needed.some((member) => is.has(nameNow(assignment, member) ?? '')) ? [] : needed;
}

const memberLines = (pool: Block): { readonly member: string; readonly line: Line }[] =>
  pool.children.flatMap((node) =>
    isMember(node) ? { member: unquoted(firstWord(node.value).first.text), line: node.line } : [],
  );

/** A virtual MTA may be in one pool only that has settings for domains: PowerMTA does not load more. */
function* sharedMemberLosses(after: Side, { topology }: Assignment): Generator<Loss> {
  const limited = blocks(after, 'virtual-mta-pool').filter((pool) =>
    pool.children.some((node) => isBlock(node, 'domain')),
  );
  const preferred = limited.findIndex((pool) => nameOf(pool) === topology.preferred);
  const inOrder = preferred === -1 ? limited : [...limited.splice(preferred, 1), ...limited];
  const taken = new Map<string, string>();
  for (const pool of inOrder) {
    const name = nameOf(pool);
    const clash = membersOf(pool).find((member) => (taken.get(member) ?? name) !== name);
    for (const member of membersOf(pool)) if (!taken.has(member)) taken.set(member, name);
    if (clash === undefined) continue;
    const first = topology.pools
      .get(name)
      ?.members.find((member) => topology.pools.get(taken.get(clash) ?? '')?.members.includes(member));
    // Where they had a member in common already, `check` names it.
    if (first !== undefined) continue;
    for (const node of topology.pools.get(name)?.blocks.flatMap(({ children }) => children) ?? [])
      if (isBlock(node, 'domain'))
        yield lossOf(node.open, `${clash} is in the pool ${taken.get(clash)} too, which has settings for domains`);
  }
}

/** Entries of the pattern lists in use, the maps from senders apart. */
function* listLosses(before: Side, after: Side, assignment: Assignment): Generator<Loss> {
  const emptied = new Set(
    [...assignment.topology.pools.keys()].filter((name) => goneMembers(after, assignment, name).length > 0),
  );
  const called = [...calledLists(before)].map((list) => ({ list, now: list }));
  for (const lists of [...listsInUse(before, after), ...called])
    yield* entryLosses(before, after, lists, { assignment, emptied });
}

/** Each list that a source names or that holds for logged-in users, and the one that holds there now. */
function listsInUse(before: Side, after: Side): { readonly list: string; readonly now: string | undefined }[] {
  const ofUsers = inSource(after, after.auth, 'pattern-list');
  const named = blocks(before, 'source').flatMap((source) => {
    const list = inSource(before, nameOf(source), 'pattern-list');
    return list === undefined ? [] : [{ list, now: nowIn(before, after, source, 'pattern-list') }];
  });
  const forUsers = settingsForUsers(before.document.nodes, before.auth, 'pattern-list');
  const all = [...named, ...forUsers.map((directive) => ({ list: valueOf(directive), now: ofUsers }))];
  return [...new Map(all.map((one) => [`${one.list} ${one.now ?? ''}`, one])).values()];
}

function* entryLosses(
  before: Side,
  after: Side,
  { list, now }: { list: string; now: string | undefined },
  { assignment, emptied }: { assignment: Assignment; emptied: ReadonlySet<string> },
): Generator<Loss> {
  const stops = discardsIn(assignment);
  const kept = groups(before, list).filter((group) => !isSenderMap(group, stops));
  const all = now === undefined ? [] : groups(after, now);
  const there = (now === SENDER_LIST ? beforeSenders(all) : all).map((group, at) => ({ at, text: textOf(group) }));
  const places = new Map([...grouped(there, ({ text }) => text)].map(([text, found]) => [text, found.reverse()]));
  let last = -1;
  for (const group of kept) {
    const text = textOf(group, assignment);
    const found = text === undefined ? undefined : nextPlace(places.get(text) ?? [], last);
    const empty = targetsOf(group).find((target) => emptied.has(target));
    if (found !== undefined && empty === undefined) last = found;
    else for (const { line } of group.entries) yield lossOf(line, entryConsequence(group, assignment, empty));
  }
}

/** Takes the next place after `last` from places that are given from the last to the first. */
function nextPlace(places: { readonly at: number }[], last: number): number | undefined {
  for (let next = places.pop(); next !== undefined; next = places.pop()) if (next.at > last) return next.at;
  return undefined;
}

/** What comes before the first entry of the map from senders; all of it in a list that has none. */
function beforeSenders(all: readonly EntryGroup[]): readonly EntryGroup[] {
  const first = all.findIndex(({ entries: [head] }) => head !== undefined && isGenerated(head));
  return first === -1 ? all : all.slice(0, first);
}

const isGenerated = (entry: Entry): boolean =>
  entryKind(entry) === 'mail-from' &&
  isGeneratedName(targetOf(entry)?.text ?? '') &&
  /^mail-from \/[@^]/.test(entry.value.text);

/** A group as text, under the names of now; nothing where a virtual MTA of it has none. */
function textOf({ entries }: EntryGroup, assignment?: Assignment): string | undefined {
  const lines = entries.map((entry) => {
    const target = targetOf(entry);
    if (!target || !assignment) return entry.value.text;
    const known = assignment.topology.virtualMtas.has(target.text);
    const now = nameNow(assignment, target.text) ?? (known ? undefined : target.text);
    if (now === undefined) return undefined;
    const from = target.column - entry.value.column;
    return entry.value.text.slice(0, from) + now + entry.value.text.slice(from + target.text.length);
  });
  return lines.includes(undefined) ? undefined : lines.join('\n');
}

function entryConsequence(group: EntryGroup, assignment: Assignment, empty: string | undefined): string {
  if (empty !== undefined) return `nothing that sends is left of the pool ${empty}`;
  if (targetsOf(group).some(discardsIn(assignment))) return 'what it matches would be sent: suppressed people get mail';
  return 'what it matches would leave through another virtual MTA';
}

/** Defaults of sources that led to a pool, or to what discards. */
function* defaultLosses(before: Side, after: Side, assignment: Assignment): Generator<Loss> {
  const forUsers = new Set(settingsForUsers(before.document.nodes, before.auth, 'default-virtual-mta'));
  const ofUsers = inSource(after, after.auth, 'default-virtual-mta');
  for (const { directive, path } of before.surveyed.all('default-virtual-mta')) {
    const source = path.at(-1);
    const target = valueOf(directive);
    const stays = assignment.topology.pools.has(target) || assignment.keeps.has(target);
    if (!source || !isBlock(source, 'source') || !stays) continue;
    const now = nowIn(before, after, source, 'default-virtual-mta');
    const holds = now === target && (!forUsers.has(directive) || ofUsers === target);
    if (holds || inSource(before, nameOf(source), 'default-virtual-mta') !== target) continue;
    const what = discardsIn(assignment)(target) ? 'be sent' : 'leave through another pool';
    yield lossOf(directive.line, `mail that no pattern matches would ${what}`);
  }
}

/** Directives that name a virtual MTA of which nothing is left. */
function* referenceLosses(before: Side, assignment: Assignment): Generator<Loss> {
  for (const { keyword, directive } of before.surveyed.statements) {
    if (!REFERENCES.has(keyword)) continue;
    const target = valueOf(directive);
    if (assignment.topology.virtualMtas.has(target) && nameNow(assignment, target) === undefined)
      yield lossOf(directive.line, `nothing stands for the virtual MTA ${target}`);
  }
  for (const keyword of ['cold-virtual-mta', 'auto-cold-virtual-mta'])
    for (const { directive } of before.surveyed.all(keyword))
      // The forms of earlier versions name an address and a host instead of a virtual MTA.
      if (/^\S+\s+\S/.test(directive.value.text)) yield lossOf(directive.line, 'it names an address of the old host');
}

function calledLists(side: Side): Set<string> {
  const calls = side.surveyed.entries.flatMap(({ entry }) => [
    ...entry.value.text.matchAll(/\bcall-to:"?([^\s",]+)/gi),
  ]);
  return new Set(calls.map(([, name = '']) => name).filter((name) => name !== SENDER_LIST));
}

const groups = (side: Side, list: string): EntryGroup[] => side.named('pattern-list', list).flatMap(groupsOf);

const blocks = ({ document }: Side, tag: string): Block[] =>
  document.nodes.filter((node): node is Block => isBlock(node, tag));
