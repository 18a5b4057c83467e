import type { Resource } from '../resource.js';
import { BROKEN_PACKAGES, repairPackages } from './apt.js';

/** Names that a line of the plan shows. A power cut in a large installation leaves some hundred. */
const SHOWN = 5;

/**
 * No package of the host is half installed: one that an interrupted installation or a power cut left is configured or installed
 * again. Those that no archive has (`brought`, by name) are the business of the resource that brings their file.
 */
export function soundPackages(brought: readonly string[]): Resource {
  return {
    id: 'packages:half-installed',
    probe: BROKEN_PACKAGES,
    diff(output) {
      const lines = output.toString('utf8').trim().split('\n');
      const names = lines.map((line) => line.slice(3)).filter((name) => name !== '');
      const broken = names.filter((name) => !brought.includes(name.replace(/:.*/, '')));
      if (broken.length === 0) return undefined;
      return {
        action: 'update',
        summary: `repair what is half installed: ${shown(broken)}`,
        script: repairPackages(brought),
        isPackageStep: true,
      };
    },
  };
}

function shown(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return `${names.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
