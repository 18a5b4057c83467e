import type { Document, Node } from '../document.js';
import { linesOf } from '../document.js';
import { firstWord } from '../lines.js';
import { directiveIn, isBlock, isDirective, nameOf, withChildren, withValue } from './edit.js';
import type { AdaptationPlan } from './plan.js';
import type { ReportBook } from './report.js';
import { isSharedKey } from './signing.js';

/** How long accounting files are kept that were never deleted: PowerMTA's own default. */
const KEPT_FOR = '8d';

/** Accounting files that are never deleted fill the disk: they get PowerMTA's default, the one change to their blocks. */
export function boundAccounting(nodes: readonly Node[], book: ReportBook): readonly Node[] {
  return nodes.map((node) => {
    if (!isBlock(node, 'acct-file')) return node;
    let bounded = false;
    const children = node.children.map((child) => {
      if (!isDirective(child, 'delete-after') || !/^"?never"?$/i.test(child.value.text)) return child;
      bounded = true;
      book.note(
        'changed',
        `delete-after never in <acct-file ${nameOf(node)}>`,
        `is now ${KEPT_FOR}: files that are never deleted fill the disk`,
        child.line.number,
      );
      return withValue(child, KEPT_FOR);
    });
    return bounded ? withChildren(node, children) : node;
  });
}

/** Takes out the old host's own addresses and keys at the top level: keys of the archive are never used again. */
export function dropOldGlobals(nodes: readonly Node[], plan: AdaptationPlan, book: ReportBook): readonly Node[] {
  const ips = new Set(plan.identities.map(({ ip }) => ip));
  return nodes.filter((node) => {
    const key = isDirective(node, 'domain-key') && !isSharedKey(node, plan);
    const host = isDirective(node, 'smtp-source-host') && !ips.has(firstWord(node.value).first.text);
    if (node.kind !== 'directive' || (!key && !host)) return true;
    book.note(
      'dropped',
      `${node.keyword.text} ${node.value.text}`,
      key ? 'keys of the old configuration are not used again' : 'the address is not a sending IP',
      node.line.number,
    );
    return false;
  });
}

/** The addresses of the old host: those that its listeners and virtual MTAs used and the plan does not. */
export function oldAddresses({ nodes }: Document, plan: AdaptationPlan): ReadonlySet<string> {
  const used = nodes.flatMap((node) => {
    if (node.kind === 'directive')
      return isDirective(node, 'smtp-listener') || isDirective(node, 'smtp-source-host') ? [node.value.text] : [];
    if (node.kind !== 'block') return [];
    if (isBlock(node, 'smtp-listener')) return [nameOf(node)];
    const host = isBlock(node, 'virtual-mta') ? directiveIn(node, 'smtp-source-host') : undefined;
    return host ? [host.value.text] : [];
  });
  const addresses = used.flatMap((value) => addressesIn(value).slice(0, 1));
  const planned = new Set([...plan.identities.map(({ ip }) => ip), ...plan.feeders]);
  return new Set(addresses.filter((address) => !planned.has(address) && !/^(127\.|0\.0\.0\.0$|::1?$)/.test(address)));
}

/** Notes every line that still has an address of the old host, comments too: they are kept, for the operator to decide. */
export function noteOldAddresses(nodes: readonly Node[], old: ReadonlySet<string>, book: ReportBook): void {
  for (const { text, number } of linesOf(nodes)) {
    // What was written anew has no line of the original: a virtual MTA that retires is reported by itself.
    if (number === 0) continue;
    const [found] = old.size > 0 ? addressesIn(text).filter((address) => old.has(address)) : [];
    if (found !== undefined)
      book.note('left', `${found} on line ${number}`, 'is an address of the old host, in a line that is kept', number);
  }
}

function addressesIn(text: string): string[] {
  return text.match(/\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}/gi) ?? [];
}
