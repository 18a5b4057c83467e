import type { Block, Document } from '../document.js';
import { regexEntry } from '../entry.js';
import { lossesBetween, type Loss } from '../losses.js';
import { byLine, lossOf } from '../losses/loss.js';
import { matching } from '../regex-match.js';
import { isBlock, nameOf } from './edit.js';
import { asksForSender, groupsOf } from './leads.js';
import type { AdaptationPlan } from './plan.js';
import { isReplaced } from './references.js';
import { authSourceName } from './logged-in.js';
import { formerList } from './routing.js';
import type { Topology } from './topology.js';

/** The lines of a configuration that have no place in its adaptation: what is lost, and patterns that would catch the new senders. */
export function unplacedLines(before: Document, after: Document, topology: Topology, plan: AdaptationPlan): Loss[] {
  return byLine([...caughtSenders(before, topology, plan), ...lossesBetween(before, after, plan)]);
}

/** Entries by sender that come before the map of the new senders and match one of them: his mail would never reach his virtual MTA. */
function* caughtSenders({ nodes }: Document, topology: Topology, plan: AdaptationPlan): Generator<Loss> {
  const former = formerList(nodes, authSourceName(nodes, plan.smtpUser));
  const lists = nodes.filter((node): node is Block => isBlock(node, 'pattern-list') && nameOf(node) === former);
  for (const group of lists.flatMap(groupsOf)) {
    const [head] = group.entries;
    if (!head || !asksForSender(head) || isReplaced(group, topology)) continue;
    const matches = matching(regexEntry(head)?.regex?.text ?? '(?!)');
    const caught = plan.identities.find(({ sender }) => matches?.(sender));
    if (caught)
      for (const { line } of group.entries)
        yield lossOf(line, `it matches ${caught.sender}, which has a virtual MTA of its own now`);
  }
}
