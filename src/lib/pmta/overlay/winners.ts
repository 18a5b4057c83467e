import { nameOf } from '../adapt/edit.js';
import type { Document } from '../document.js';
import { effectiveIn, type EffectiveSetting } from '../effective.js';
import { survey, type PlacedBlock, type Survey } from '../survey.js';
import type { Placed } from './merge.js';

interface Doubt {
  readonly line: number;
  readonly reason: string;
}

/** More names of one macro are not asked for: its members differ in nothing but what else speaks of them. */
const MOST_NAMES = 200;

/**
 * Settings of an overlay that do not hold for a domain that their block names: `rivals` because another block speaks of it as closely,
 * so that the winner is not known, `overridden` because a closer one speaks of it.
 */
export function uncertain(
  document: Document,
  origins: readonly number[],
  placed: readonly Placed[],
): { rivals: Doubt[]; overridden: Doubt[] } {
  const surveyed = survey(document);
  const doubts = { rivals: new Map<number, Doubt>(), overridden: new Map<number, Doubt>() };
  if (!placed.some(({ how }) => how !== 'same')) return { rivals: [], overridden: [] };
  for (const block of surveyed.blocksOf('domain')) {
    const own = surveyed.inside(block.block).flatMap(({ directive, keyword }) => {
      const line = origins[directive.line.number - 1] ?? 0;
      return line === 0 ? [] : [{ line, keyword, at: directive.line.number }];
    });
    if (own.length === 0) continue;
    const outer = block.path.at(-1);
    for (const domain of namesIn(block, surveyed)) {
      const { settings } = effectiveIn(surveyed, domain, outer && nameOf(outer));
      const byName = new Map(settings.map((setting) => [setting.name, setting]));
      for (const { line, keyword, at } of own) {
        const setting = byName.get(keyword);
        const kind = setting && doubtOf(setting, at);
        if (!setting || !kind || doubts[kind].has(line)) continue;
        doubts[kind].set(line, { line, reason: reasonFor(setting, at, domain, origins) });
      }
    }
  }
  return { rivals: [...doubts.rivals.values()], overridden: [...doubts.overridden.values()] };
}

function doubtOf(
  { line, value, rivals, overrides }: EffectiveSetting,
  at: number,
): 'rivals' | 'overridden' | undefined {
  if ([{ line }, ...rivals].some((one) => one.line === at)) return rivals.length > 0 ? 'rivals' : undefined;
  // The same value elsewhere is no doubt.
  return overrides.some((one) => one.line === at && one.value !== value) ? 'overridden' : undefined;
}

function reasonFor(setting: EffectiveSetting, at: number, domain: string, origins: readonly number[]): string {
  const others = [setting, ...setting.rivals].filter(({ line }) => line !== at);
  const [other] = others;
  if (!other) return setting.name;
  const place = `${other.where} says ${other.value}`;
  const from = (origins[other.line - 1] ?? 0) > 0 ? ' (in the overlay too)' : '';
  return setting.rivals.length > 0
    ? `${setting.name}: for ${domain}, ${place}${from} as closely, and which one wins is not known`
    : `${setting.name}: for ${domain}, ${place}${from} and is closer, so that holds there`;
}

/** Domains that a block names; for a pattern, one that it covers. */
function namesIn({ name }: PlacedBlock, { macros }: Survey): string[] {
  if (name === '*') return ['some.other.example'];
  const macro = /^\$(\w+)$/.exec(name)?.[1];
  const names = macro === undefined ? [name] : (macros.find((one) => one.name.text === macro)?.members ?? []);
  return names
    .slice(0, MOST_NAMES)
    .filter((one) => !one.includes('$'))
    .map((one) => one.replace(/^\*\.|^\[\*\.\]/, 'x.'));
}
