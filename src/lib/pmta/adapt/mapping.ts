import { EeError } from '../../errors.js';
import type { Assignment } from './assignment.js';
import { nameOf } from './edit.js';
import type { AdaptationPlan } from './plan.js';
import { withoutSecret } from '../redact.js';
import type { Topology } from './topology.js';
import { furtherContents } from './virtual-mtas.js';

/** What a new configuration has of the virtual MTAs and pools of the old one. */
export interface Mapping {
  readonly virtualMtas: readonly {
    readonly name: string;
    /** The old ones whose blocks it has: one, or all that have the same. */
    readonly from: readonly string[];
    /** Whether it stands for the one old virtual MTA that it is from, in patterns too. */
    readonly stands: boolean;
  }[];
  /** Old virtual MTAs that stay under their names. */
  readonly kept: readonly string[];
  readonly pools: readonly { readonly name: string; readonly members: 'all' | 'own' }[];
}

/** A choice that nobody has made: further virtual MTAs could be like any of these old ones, which differ. */
export interface Undecided {
  readonly further: readonly string[];
  readonly differing: readonly { readonly virtualMta: string; readonly line: number; readonly text: string }[];
  readonly candidates: readonly string[];
}

export function mappingOf({ assignment, virtualMtas }: Topology): Mapping {
  return {
    virtualMtas: virtualMtas.map(({ block, from }) => {
      const name = nameOf(block);
      return { name, from, stands: from.some((old) => assignment.takes.get(old) === name) };
    }),
    kept: [...assignment.keeps],
    pools: [...assignment.topology.pools.keys()].map((name) => ({
      name,
      members: assignment.open.has(name) ? 'all' : 'own',
    })),
  };
}

/** Refuses a model that the configuration does not have, or that sends nothing. */
export function assertLike({ topology: { virtualMtas } }: Assignment, { like }: AdaptationPlan): void {
  if (like === undefined || virtualMtas.get(like)?.discards === false) return;
  const names = [...virtualMtas.values()].flatMap(({ name, discards }) => (discards ? [] : name));
  throw new EeError('PMTA_LIKE_UNKNOWN', { name: like, names });
}

/** What has to be decided before further virtual MTAs can be written; nothing where `like` says it, or all old ones are alike. */
export function undecidedIn({ assignment }: Topology, { like }: AdaptationPlan): Undecided | undefined {
  const { further, sharing, topology } = assignment;
  if (further.length === 0 || (like !== undefined && topology.virtualMtas.has(like))) return undefined;
  const { differing } = furtherContents(assignment);
  if (differing.length === 0) return undefined;
  const shown = differing.map(({ of, line }) => {
    return { virtualMta: of, line: line.number, text: withoutSecret(line.text).trim() };
  });
  return { further, differing: shown, candidates: sharing };
}
