import type { Block, Node } from '../document.js';
import { isBlock, nameOf, written } from './edit.js';

/**
 * Virtual MTAs that still hold queued mail: PowerMTA bounces the messages of one that is gone (5.3.5), so they stay, without being
 * in a pool, a sender list or a listener, until their queues are empty.
 */
export function retiringBlocks(raw: readonly string[]): readonly Node[] {
  return raw.flatMap((text) => written(linesIn(text)));
}

/** Why a block cannot be kept as a retiring one, or nothing. `planned` are the names that the plan itself writes. */
export function retiringFault(raw: readonly string[], planned: ReadonlySet<string>): string | undefined {
  const seen = new Set<string>();
  for (const text of raw) {
    const block = onlyVirtualMta(text);
    if (!block) return 'each must be one whole <virtual-mta> block';
    const name = nameOf(block);
    if (planned.has(name)) return `${name} is one of those that the plan writes`;
    if (seen.size === seen.add(name).size) return `${name} is there twice`;
  }
  return undefined;
}

function onlyVirtualMta(text: string): Block | undefined {
  const [block, ...others] = written(linesIn(text));
  const whole = block && isBlock(block, 'virtual-mta') && block.close !== undefined && nameOf(block) !== '';
  // What is not closed, inside or outside of it, would take in what follows in the configuration.
  return whole && others.length === 0 && block.children.every(isSound) ? block : undefined;
}

const isSound = (node: Node): boolean =>
  node.kind === 'block' ? node.close !== undefined && node.children.every(isSound) : node.kind !== 'stray';

const linesIn = (text: string): string[] => text.replace(/\n$/, '').split('\n');
