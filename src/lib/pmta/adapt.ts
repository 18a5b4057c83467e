import { EeError } from '../errors.js';
import { setSmtpUser } from './adapt/access.js';
import { placeAccounting } from './adapt/accounting.js';
import { withoutDropped } from './adapt/dropping.js';
import { placeFeeders } from './adapt/feeders.js';
import { dropImplicitListeners, replaceListeners, setGlobal } from './adapt/identity.js';
import { placeInbound } from './adapt/inbound.js';
import { boundAccounting, dropOldGlobals, noteOldAddresses, oldAddresses } from './adapt/leftovers.js';
import { assertLike, mappingOf, undecidedIn, type Mapping, type Undecided } from './adapt/mapping.js';
import { assertPlan, type AdaptationPlan } from './adapt/plan.js';
import { placeProbeDomain, placeProbesInside } from './adapt/probe.js';
import { renameReferences, repairDefaults, repairPatternLists } from './adapt/references.js';
import { ReportBook, type AdaptationReport } from './adapt/report.js';
import { authSourceName } from './adapt/logged-in.js';
import { dropFormerList, formerList, placeSenderList, routeSenders } from './adapt/routing.js';
import { placeSharedKeys, placeSigning } from './adapt/signing.js';
import { assignmentFor, replaceVirtualMtas } from './adapt/topology.js';
import { unplacedLines } from './adapt/unplaced.js';
import { newNames } from './adapt/virtual-mtas.js';
import { linesOf, type Block, type Directive, type Document, type Line, type Node } from './document.js';
import { firstWord } from './lines.js';
import type { Loss } from './losses.js';
import { parseText } from './parse.js';

export interface Adaptation {
  readonly document: Document;
  readonly report: AdaptationReport;
  /** Which new virtual MTA has what of which old one. */
  readonly mapping: Mapping;
  /** Lines of the original that have no place, and what follows. Nothing may be rendered while there are any. */
  readonly unplaced: readonly Loss[];
  /** What some old virtual MTAs have and others not, where a new one could be like either. */
  readonly undecided: Undecided | undefined;
  /** Lines that were named to be left out, and have a place. */
  readonly misnamed: readonly number[];
  /** For each line of the document, from the first: the line of the original that it is; 0 for what was added. */
  readonly lines: readonly number[];
}

/**
 * Adapts a configuration to the identities, feeders and login of a plan, and keeps every other line as it is.
 *
 * Lines end in `\n` in the result, whatever they ended in before; apart from that a kept line has all of its bytes. The result
 * depends on nothing but the two arguments, and adapting it again with the same plan gives the same bytes. What has no place in it is
 * in `unplaced`: `assertComplete` refuses that.
 * Throws PMTA_PLAN_REFUSED for a value that is not safe in the language, PMTA_CONFIG_BROKEN for blocks that do not close.
 */
export function adapt(document: Document, plan: AdaptationPlan): Adaptation {
  assertPlan(plan);
  assertSound(document);
  const { document: rest, misnamed } = withoutDropped(
    document,
    plan.drop ?? [],
    (left) => rewritten(left, plan).unplaced,
  );
  return { ...rewritten(rest, plan), misnamed };
}

function rewritten(document: Document, plan: AdaptationPlan): Omit<Adaptation, 'misnamed'> {
  const book = new ReportBook();
  const auth = authSourceName(document.nodes, plan.smtpUser);

  let nodes = dropOldGlobals(document.nodes, plan, book);
  nodes = setGlobal(nodes, 'postmaster', plan.postmaster, book);
  nodes = setGlobal(nodes, 'host-name', plan.hostName, book, 'postmaster');
  nodes = dropImplicitListeners(nodes, book);
  nodes = replaceListeners(nodes, plan, book);
  nodes = setGlobal(nodes, 'smtp-server-tls-certificate', plan.certificate, book, 'smtp-listener');
  nodes = setSmtpUser(nodes, auth, plan, book);

  const assignment = assignmentFor(nodes, plan, auth);
  assertLike(assignment, plan);
  const topology = replaceVirtualMtas(nodes, plan, assignment, book);
  const former = formerList(nodes, auth);
  nodes = routeSenders(topology.nodes, auth, topology, book);
  nodes = repairDefaults(nodes, topology, book);
  nodes = renameReferences(nodes, topology, book);
  nodes = placeSenderList(nodes, plan, topology, former, book);
  nodes = dropFormerList(nodes, former, book);
  nodes = repairPatternLists(nodes, topology, book);
  nodes = placeSharedKeys(nodes, document.nodes, plan, topology, book);
  nodes = placeFeeders(nodes, auth, plan, book);
  nodes = placeInbound(nodes, plan, book);
  nodes = placeAccounting(nodes, book);
  nodes = placeProbeDomain(nodes, book);
  nodes = placeSigning(nodes, topology, book);
  nodes = placeProbesInside(nodes, new Set(newNames(plan)));
  nodes = boundAccounting(nodes, book);

  noteKept(document.nodes, nodes, book);
  noteOldAddresses(nodes, oldAddresses(document, plan), book);
  const lines = [...linesOf(nodes)];
  const adapted = parseText(lines.map(withLf).join(''));
  return {
    document: adapted,
    report: book.report(),
    mapping: mappingOf(topology),
    unplaced: unplacedLines(document, adapted, topology, plan),
    undecided: undecidedIn(topology, plan),
    lines: lines.map(({ number }) => number),
  };
}

/** Moving blocks about in a file whose blocks do not close would change what belongs to what. */
function assertSound({ problems }: Document): void {
  if (problems.length === 0) return;
  throw new EeError('PMTA_CONFIG_BROKEN', {
    problems: problems.map(({ line, message }) => `line ${line}: ${message}`),
  });
}

/** A carriage return before the line end belongs to it, however many there are. */
function withLf({ text }: Line): string {
  let stop = text.length;
  while (text[stop - 1] === '\r') stop--;
  return `${text.slice(0, stop)}\n`;
}

/** What stands in both, line by line the same. */
function noteKept(before: readonly Node[], after: readonly Node[], book: ReportBook): void {
  const text = (node: Node): string => [...linesOf([node])].map((line) => line.text).join('\n');
  const kept = new Set(after.map(text));
  for (const node of before) {
    if ((node.kind !== 'block' && node.kind !== 'directive') || !kept.has(text(node))) continue;
    const line = node.kind === 'block' ? node.open.number : node.line.number;
    book.note('kept', subjectOf(node), 'byte for byte', line);
  }
}

/** What a node is called in a report. Of values only those are shown that tell directives of one name apart. */
function subjectOf(node: Block | Directive): string {
  if (node.kind === 'block') return `<${`${node.tag.text} ${node.name.text}`.trim()}>`;
  const shown = /^(domain-macro|smtp-listener)$/i.test(node.keyword.text) ? firstWord(node.value).first.text : '';
  return `${node.keyword.text} ${shown}`.trim();
}
