import { EeError } from '../errors.js';
import { setSmtpUser } from './adapt/access.js';
import { placeAccounting } from './adapt/accounting.js';
import { directiveIn, isBlock, nameOf, valueOf } from './adapt/edit.js';
import { placeFeeders } from './adapt/feeders.js';
import { dropImplicitListeners, replaceListeners, setGlobal } from './adapt/identity.js';
import { placeInbound } from './adapt/inbound.js';
import { boundAccounting, dropOldGlobals, noteOldAddresses, oldAddresses } from './adapt/leftovers.js';
import { assertPlan, type AdaptationPlan } from './adapt/plan.js';
import { placeProbeDomain } from './adapt/probe.js';
import { ReportBook, type AdaptationReport } from './adapt/report.js';
import { authSourceName, placeSenderList, repairPatternLists, routeSenders } from './adapt/routing.js';
import { repairDefaults, replaceVirtualMtas } from './adapt/topology.js';
import { linesOf, type Block, type Directive, type Document, type Line, type Node } from './document.js';
import { firstWord } from './lines.js';
import { parseText } from './parse.js';

export interface Adaptation {
  readonly document: Document;
  readonly report: AdaptationReport;
}

/**
 * Adapts a configuration to the identities, feeders and login of a plan, and keeps every other line as it is.
 *
 * Lines end in `\n` in the result, whatever they ended in before; apart from that a kept line has all of its bytes. The result
 * depends on nothing but the two arguments, and adapting it again with the same plan gives the same bytes.
 * Throws PMTA_PLAN_REFUSED for a value that is not safe in the language, PMTA_CONFIG_BROKEN for blocks that do not close.
 */
export function adapt(document: Document, plan: AdaptationPlan): Adaptation {
  assertPlan(plan);
  assertSound(document);
  const book = new ReportBook();
  const auth = authSourceName(document.nodes);

  let nodes = dropOldGlobals(document.nodes, plan, book);
  nodes = setGlobal(nodes, 'postmaster', plan.postmaster, book);
  nodes = setGlobal(nodes, 'host-name', plan.hostName, book, 'postmaster');
  nodes = dropImplicitListeners(nodes, book);
  nodes = replaceListeners(nodes, plan, book);
  nodes = setGlobal(nodes, 'smtp-server-tls-certificate', plan.certificate, book, 'smtp-listener');
  nodes = setSmtpUser(nodes, auth, plan, book);

  const topology = replaceVirtualMtas(nodes, plan, defaultVirtualMta(nodes, auth), book);
  nodes = routeSenders(topology.nodes, auth, topology, book);
  nodes = repairDefaults(nodes, topology, book);
  nodes = repairPatternLists(nodes, topology, book);
  nodes = placeSenderList(nodes, plan, topology, book);
  nodes = placeFeeders(nodes, auth, plan, book);
  nodes = placeInbound(nodes, plan, book);
  nodes = placeAccounting(nodes, book);
  nodes = placeProbeDomain(nodes, book);
  nodes = boundAccounting(nodes, book);

  noteKept(document.nodes, nodes, book);
  noteOldAddresses(nodes, oldAddresses(document, plan), book);
  return { document: parseText([...linesOf(nodes)].map(withLf).join('')), report: book.report() };
}

/** A carriage return before the line end belongs to it, however many there are. */
function withLf({ text }: Line): string {
  let stop = text.length;
  while (text[stop - 1] === '\r') stop--;
  return `${text.slice(0, stop)}\n`;
}

/** Moving blocks about in a file whose blocks do not close would change what belongs to what. */
function assertSound({ problems }: Document): void {
  if (problems.length === 0) return;
  throw new EeError('PMTA_CONFIG_BROKEN', {
    problems: problems.map(({ line, message }) => `line ${line}: ${message}`),
  });
}

function defaultVirtualMta(nodes: readonly Node[], auth: string): string | undefined {
  const source = nodes.find((node): node is Block => isBlock(node, 'source') && nameOf(node) === auth);
  const directive = source && directiveIn(source, 'default-virtual-mta');
  return directive && valueOf(directive);
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
