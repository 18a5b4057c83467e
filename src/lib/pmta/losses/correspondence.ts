import { assign, nameNow, successorsOf, type Assignment } from '../adapt/assignment.js';
import { commonOf } from '../adapt/contents.js';
import { isDirective, nameOf, valueOf } from '../adapt/edit.js';
import { REFERENCES } from '../adapt/leads.js';
import { membersOf, oldTopology } from '../adapt/old-topology.js';
import { isGeneratedName } from '../adapt/plan.js';
import { authSourceName } from '../adapt/logged-in.js';
import { virtualMtaName } from '../adapt/plan.js';
import { folded, type Block, type Document } from '../document.js';
import { virtualMtas } from '../senders.js';
import { grouped, survey, type Survey } from '../survey.js';

/** One configuration, asked about many times. */
export interface Side {
  readonly document: Document;
  readonly surveyed: Survey;
  readonly auth: string;
  /** Blocks of the top level by their tag and name, in the order of the file. */
  named(tag: string, name: string): readonly Block[];
}

export function sideOf(document: Document, smtpUser: string): Side {
  const blocks = document.nodes.filter((node): node is Block => node.kind === 'block');
  const groups = grouped(blocks, (block) => `${folded(block.tag)} ${nameOf(block)}`);
  return {
    document,
    surveyed: survey(document),
    auth: authSourceName(document.nodes, smtpUser),
    named: (tag, name) => groups.get(`${tag} ${name}`) ?? [],
  };
}

/** An old virtual MTA, and a new one through which its mail leaves now. */
export interface Pair {
  readonly old: string;
  readonly now: string;
  /** The new one does not stand for it in pools and patterns; it must have what that said itself. */
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
  const further = model === undefined ? [] : assignment.further.map((now) => ({ old: model, now, partly: true }));
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
    for (const now of after.named('virtual-mta-pool', pool).flatMap(membersOf))
      if (now !== takes.get(old)) pairs.set(`${old} ${now}`, { old, now, partly: true });
  }
  return [...pairs.values()];
}

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
  const children = side.named('source', source).flatMap((block) => block.children);
  const found = children.find((node) => isDirective(node, keyword));
  return found?.kind === 'directive' ? valueOf(found) : undefined;
}

/** What a source says now; one that is gone handed over mail without a login, which logged-in users do now. */
export function nowIn(before: Side, after: Side, source: Block, keyword: string): string | undefined {
  const ofUsers = inSource(after, after.auth, keyword);
  return nameOf(source) === before.auth ? ofUsers : (inSource(after, nameOf(source), keyword) ?? ofUsers);
}
