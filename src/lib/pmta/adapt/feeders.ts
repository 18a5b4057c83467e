import type { Block, Node } from '../document.js';
import { inserted, isBlock, nameOf, written } from './edit.js';
import type { AdaptationPlan } from './plan.js';
import type { ReportBook } from './report.js';

/** A source for each host that hands over mail, right after the one for logged-in users. */
export function placeFeeders(
  nodes: readonly Node[],
  auth: string,
  plan: AdaptationPlan,
  book: ReportBook,
): readonly Node[] {
  const isOld = (node: Node): node is Block =>
    isBlock(node, 'source') && (plan.feeders.includes(nameOf(node)) || isFeeder(node));
  const wanted = plan.feeders.flatMap((feeder) => written([`<source ${feeder}>`, ...FEEDER, '</source>']));
  const old = nodes.filter(isOld);
  for (const source of old) {
    const note = (action: 'changed' | 'dropped', reason: string): void => {
      book.note(action, `<source ${nameOf(source)}>`, reason, source.open.number);
    };
    if (!plan.feeders.includes(nameOf(source))) note('dropped', 'does not hand over mail any more');
    else if (!isFeeder(source)) note('changed', 'is written anew from the settings');
  }
  for (const feeder of plan.feeders) {
    if (old.some((source) => nameOf(source) === feeder)) continue;
    book.note('added', `<source ${feeder}>`, 'hands over mail: with a password, and over TLS');
  }
  const rest = nodes.filter((node) => !isOld(node));
  const place = rest.findIndex((node) => isBlock(node, 'source') && nameOf(node) === auth) + 1;
  return inserted(rest, place, wanted);
}

/** A login is asked of the address, since a source that is reached by login cannot ask for one; TLS comes before the password. */
const FEEDER = [
  '    smtp-service yes',
  '    require-auth yes',
  '    allow-starttls yes',
  '    require-starttls-before-auth yes',
];

/** A source as this adaptation writes it, whatever its address. */
function isFeeder(source: Block): boolean {
  return (
    source.children.map((node) => (node.kind === 'directive' ? node.line.text : '')).join('\n') === FEEDER.join('\n')
  );
}
