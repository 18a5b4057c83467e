import type { ExamineConfig } from '../backup/inspect.js';
import { error } from '../backup/report.js';
import { EeError } from '../errors.js';
import type { Settings } from '../settings/settings.js';
import { adaptedConfiguration } from './adapted-configuration.js';
import { examineConfiguration } from './backup-configuration.js';

/**
 * What `ee verify` says of a configuration. Where settings are known it is rendered with them, so that what `ee pmta render` and a
 * deployment refuse is a problem here, with the same code and in the same words.
 */
export function examinationFor(settings: Settings | undefined): ExamineConfig {
  return async (bytes, directory) => {
    const found = await examineConfiguration(bytes, directory, new Set(settings?.pmta.drop));
    if (!settings || found.problems.length > 0) return found;
    const refusal = await adaptedConfiguration(settings, bytes).then(() => undefined, refusalOf);
    const inOneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ');
    return refusal
      ? {
          ...found,
          problems: [error(refusal.code, inOneLine(`${refusal.message.replace(/[.]?$/, '.')} ${refusal.hint}`))],
        }
      : found;
  };
}

function refusalOf(cause: unknown): EeError {
  if (cause instanceof EeError) return cause;
  throw cause;
}
