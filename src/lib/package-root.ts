import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Absolute path of the package's folder, where `templates/`, `assets/` and `engine/` stand. The same from `src/` and from
 * `dist/`: the nearest folder above this file whose package.json is that of `ee`.
 */
export function packageRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
    if (name === 'ee') return folder;
  }
  throw new Error(`The package of ee was not found above ${here}: its installation is damaged.`);
}
