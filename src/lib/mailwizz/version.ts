/** The version that a PHP file of the application defines: `define('MW_VERSION', '2.2.11')`. */
export function versionIn(php: string): string | undefined {
  return /define\(\s*(['"])MW_VERSION\1\s*,\s*(['"])([^'"]+)\2\s*\)/.exec(php)?.[3];
}

/** Compares versions number by number: negative where `a` is the older one, 0 where they are the same. */
export function compareVersions(a: string, b: string): number {
  const numbers = (version: string) => version.split(/[^0-9]+/).map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
