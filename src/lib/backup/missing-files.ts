import { error, warning, type FileReport, type Problem } from './report.js';
import { itemNamed, nameShape, REQUIRED_ROLES, type NamedItem } from './roles.js';

/** A list of what a set should hold: a manifest, or the original. */
export interface Expectation {
  /** Path of the manifest or of the original. */
  readonly from: string;
  readonly names: readonly string[];
}

/** Files that should be there: one for each used role, and all that the manifests and the original name. */
export function missingFiles(items: readonly NamedItem[], expectations: readonly Expectation[]): readonly FileReport[] {
  const present = new Set(items.map(({ name }) => name));
  const missing = new Map<string, FileReport>();
  const add = (named: NamedItem, problem: Problem): void => {
    const known = missing.get(named.name);
    if (known !== undefined) return void missing.set(named.name, { ...known, problems: [...known.problems, problem] });
    missing.set(named.name, { ...named, bytes: 0, sha256: null, status: 'missing', problems: [problem], notes: [] });
  };
  for (const { from, names } of expectations) {
    for (const name of names.filter((candidate) => !present.has(candidate))) {
      const named = itemNamed(name, 'file');
      const message = `${from} has it; the set does not`;
      // Another file of that role (of another date) takes its place, so that nothing used is missing.
      const replaced = items.some((item) => item.used && item.role === named.role);
      if (replaced) add({ ...named, used: false, reason: 'another one takes its place' }, warning('MISSING', message));
      else add(named, error('MISSING', message));
    }
  }
  for (const role of REQUIRED_ROLES) {
    if (items.some((item) => item.role === role) || [...missing.values()].some((file) => file.role === role)) continue;
    const { reason } = itemNamed(nameShape(role).replace('DATE', '20000101'), 'file');
    const named = { name: nameShape(role), role, date: null, used: true, reason };
    add(named, error('MISSING', `the set has no ${role}: a file named ${nameShape(role)}`));
  }
  return [...missing.values()];
}
