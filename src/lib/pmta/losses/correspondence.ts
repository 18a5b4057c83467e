import { assign, nameNow, successorsOf, type Assignment } from '../adapt/assignment.js';
import { commonOf } from '../adapt/contents.js';
import { isBlock, nameOf, valueOf } from '../adapt/edit.js';
import { REFERENCES } from '../adapt/leads.js';
import { membersOf, oldTopology } from '../adapt/old-topology.js';
import { isGeneratedName } from '../adapt/plan.js';
import { authSourceName } from '../adapt/logged-in.js';
import { virtualMtaName } from '../adapt/plan.js';
import type { Block, Document } from '../document.js';
import { virtualMtas } from '../senders.js';
import { survey, type Survey } from '../survey.js';

/** One configuration, asked about many times. */
export interface Side {
  readonly document: Document;
  readonly surveyed: Survey;
  readonly auth: string;
}

export const sideOf = (document: Document, smtpUser: string): Side => ({
  document,
  surveyed: survey(document),
  auth: authSourceName(document.nodes, smtpUser),
});

/** An old virtual MTA, and a new one through which its mail leaves now. */
export interface Pair {
  readonly old: string;
  readonly now: string;
  /** The new one stands for another one first; of this one it must have what that said itself. */
  readonly partly: boolean;
}

export interface Correspondence {
  readonly assignment: Assignment;
  readonly pairs: readonly Pair[];
  /** The virtual MTAs of the new configuration that stand for senders. */
  readonly names: readonly string[];
}

/** Which virtual MTA of `after` stands for which of `before`. `like`: the one that further ones were made like. */
export function correspondence(before: Side, after: Side, like?: string): Correspondence {
  const fresh = virtualMtas(after.document);
  const made = fresh.filter(({ name }) => isGeneratedName(name)).sort((a, b) => numberOf(a.name) - numberOf(b.name));
  const names = [...new Set(made.map(({ name }) => name))];
  const assignment = assign(oldTopology(before.document, before.auth), {
    names,
    addresses: new Set(made.flatMap(({ ip }) => ip ?? [])),
    retiring: new Set(),
  });
  const defined = new Set(fresh.map(({ name }) => name));
  const beyond = new Set(assignment.beyond);
  const gives = [...assignment.takes.keys(), ...assignment.beyond, ...assignment.keeps];
  const own = gives.flatMap((old) =>
    successorsOf(assignment, old, names).flatMap((now) =>
      defined.has(now) ? { old, now, partly: beyond.has(old) } : [],
    ),
  );
  const model = modelOf(assignment, like);
  const further = model === undefined ? [] : assignment.further.map((now) => ({ old: model, now, partly: false }));
  return { assignment, pairs: [...own, ...further, ...defaultPairs(before, after, assignment)], names };
}

/** Where mail by default goes to a pool and went to one virtual MTA: each member must have what that one said. */
function defaultPairs(before: Side, after: Side, { takes }: Assignment): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const { directive, path } of before.surveyed.all('default-virtual-mta')) {
    const source = path.at(-1);
    const old = valueOf(directive);
    if (!source || !takes.has(old)) continue;
    const pool = nowIn(before, after, source, 'default-virtual-mta') ?? '';
    for (const now of membersIn(after, pool))
      if (now !== takes.get(old)) pairs.set(`${old} ${now}`, { old, now, partly: true });
  }
  return [...pairs.values()];
}

const membersIn = ({ document: { nodes } }: Side, pool: string): string[] =>
  nodes.flatMap((node) => (isBlock(node, 'virtual-mta-pool') && nameOf(node) === pool ? membersOf(node) : []));

/** The old virtual MTA that further ones are like; nothing where the old ones differ and none was chosen. */
function modelOf({ topology, sharing }: Assignment, like: string | undefined): string | undefined {
  if (like !== undefined && topology.virtualMtas.has(like)) return like;
  const all = sharing.flatMap((name) => topology.virtualMtas.get(name) ?? []);
  return commonOf(all).differing.length === 0 ? sharing[0] : undefined;
}

const numberOf = (name: string): number => Number(name.slice(virtualMtaName({ index: 0 }).length - 1));

/** The value of a setting of `before` as it must read in `after`: a virtual MTA has another name there. */
export function valueNow(assignment: Assignment, name: string, value: string): string {
  if (!REFERENCES.has(name) || /\s/.test(value.trim())) return value;
  const plain = value.replace(/^"(.*)"$/, '$1');
  return nameNow(assignment, plain) ?? value;
}

/** The value of a directive in the first source of this name that has it. */
export function inSource(side: Side, source: string, keyword: string): string | undefined {
  for (const node of side.document.nodes) {
    if (!isBlock(node, 'source') || nameOf(node) !== source) continue;
    for (const child of node.children)
      if (child.kind === 'directive' && child.keyword.text.toLowerCase() === keyword) return valueOf(child);
  }
  return undefined;
}

/** What a source says now; one that is gone handed over mail without a login, which logged-in users do now. */
export function nowIn(before: Side, after: Side, source: Block, keyword: string): string | undefined {
  const ofUsers = inSource(after, after.auth, keyword);
  return nameOf(source) === before.auth ? ofUsers : (inSource(after, nameOf(source), keyword) ?? ofUsers);
}
