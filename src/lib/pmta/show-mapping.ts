import type { Mapping } from './adapt/mapping.js';
import type { Shown } from './show-explanation.js';

/** Which virtual MTA takes what of which old one, for people. Nothing where the configuration has none. */
export function showMapping({ virtualMtas, kept, pools }: Mapping): Shown[] {
  const rows = virtualMtas.map(({ name, from }) => [name, takes(from)]);
  return [
    { columns: [{ title: 'virtual MTA' }, { title: 'has the blocks of', least: 20 }], rows },
    '',
    ...kept.map((name) => `${name} stays under its name.`),
    ...pools.map(({ name, members }) =>
      members === 'all'
        ? `The pool ${name} has all new virtual MTAs: nothing but defaults and senders leads to it.`
        : `The pool ${name} has what stands for its own members.`,
    ),
    ...(kept.length + pools.length > 0 ? [''] : []),
  ];
}

const takes = (from: readonly string[]): string =>
  from.length === 0 ? 'nobody' : from.length === 1 ? (from[0] ?? '') : `${from.join(', ')}: what all of them have`;
