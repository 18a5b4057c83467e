import { folded, unquoted } from '../document.js';
import { compareFits, type Fit } from '../domain-pattern.js';
import { domainIndexOf } from '../domain-index.js';
import type { Survey } from '../survey.js';
import { ANY_DOMAIN } from './any-domain.js';

/**
 * The virtual MTAs that send nothing, by name: the `type` that they, or a pool that they are in, have for a domain that nothing names
 * is another one than `smtp`. `<domain *>` may be written as a macro.
 */
export function discardingIn(surveyed: Survey): ReadonlySet<string> {
  const types = new Map<string, { readonly fit: Fit; readonly stops: boolean }>();
  const index = domainIndexOf(surveyed);
  for (const { placed, fit } of index.speakingOf(ANY_DOMAIN)) {
    const outer = placed.path.at(-1);
    if (!outer) continue;
    const owner = ownerKey(folded(outer.tag), unquoted(outer.name.text));
    for (const { keyword, directive } of surveyed.inside(placed.block)) {
      if (keyword !== 'type') continue;
      const stops = unquoted(directive.value.text).toLowerCase() !== 'smtp';
      const best = types.get(owner);
      const order = best ? compareFits(fit, best.fit) : 1;
      if (order > 0 || (order === 0 && stops)) types.set(owner, { fit, stops });
    }
  }
  if (types.size === 0) return new Set();
  return new Set(
    surveyed.blocksOf('virtual-mta').flatMap(({ name }) => {
      const own = types.get(ownerKey('virtual-mta', name));
      const pools = index.poolsOf(name).map((pool) => types.get(ownerKey('virtual-mta-pool', pool.name)));
      return (own?.stops ?? pools.some((type) => type?.stops)) ? name : [];
    }),
  );
}

const ownerKey = (tag: string, name: string): string => `${tag} ${name}`;
