/** The version that a PHP file of the application defines: `define('MW_VERSION', '2.2.11')`. */
export function versionIn(php: string): string | undefined {
  return /define\(\s*(['"])MW_VERSION\1\s*,\s*(['"])([^'"]+)\2\s*\)/.exec(php)?.[3];
}
