import { existsSync } from 'node:fs';
import type { Settings } from './settings.js';

/** What an operator does once the settings are written, in order; what is there already is left out. `verify` ends it. */
export function stepsAfterInit(settings: Settings, verify: string): string {
  const keys = new Set(Object.values(settings.hosts).flatMap(({ keyFile }) => keyFile ?? []));
  const { dir } = settings.backup;
  const { package: pmta } = settings.pmta;
  const steps = [
    ...[...keys]
      .filter((file) => !existsSync(file))
      .map((file) => `There is no SSH key at ${file} yet (SSH_KEY): put it there.`),
    ...(existsSync(dir) ? [] : [`Bring the backup set into ${dir} (BACKUP_DIR); it is not there yet.`]),
    ...(pmta === undefined ? ["Bring the vendor's PowerMTA package, and set PMTA_PACKAGE to it."] : []),
    ...(pmta !== undefined && !existsSync(pmta)
      ? [`Bring the PowerMTA package to ${pmta} (PMTA_PACKAGE); it is not there yet.`]
      : []),
    `\`${verify}\` checks the backup set.`,
  ];
  if (steps.length === 1) return `Next: ${steps[0] ?? ''}`;
  return ['Next:', ...steps.map((step, index) => `  ${index + 1}. ${step}`)].join('\n');
}
