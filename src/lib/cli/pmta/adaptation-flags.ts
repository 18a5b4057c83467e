import { Flags } from '@oclif/core';
import { EeError } from '../../errors.js';
import type { Settings } from '../../settings/settings.js';
import { lineNames } from '../../settings/value-types.js';

/** What an operator decides of an adaptation; the settings say it where a flag does not. */
export const adaptationFlags = {
  drop: Flags.string({
    description:
      'Lines of the configuration in the backup set that may be lost, such as 85-92,120. Default: PMTA_DROP of the settings.',
    helpValue: 'LINES',
    multiple: true,
  }),
  like: Flags.string({
    description:
      'Virtual MTA of that configuration whose blocks further ones get, where the old ones differ. Default: PMTA_LIKE of the settings.',
    helpValue: 'OLD_VMTA',
  }),
};

export interface AdaptationFlags {
  readonly drop?: readonly string[] | undefined;
  readonly like?: string | undefined;
}

/** The settings with what the flags say in the place of what they say themselves. */
export function withAdaptationFlags(settings: Settings, { drop, like }: AdaptationFlags): Settings {
  const lines = drop && linesOf(drop);
  return {
    ...settings,
    pmta: { ...settings.pmta, ...(lines && { drop: lines }), ...(like !== undefined && { like }) },
  };
}

function linesOf(given: readonly string[]): readonly string[] {
  const parsed = lineNames.safeParse(given.join(','));
  if (parsed.success) return parsed.data;
  throw new EeError('USAGE', {
    message: `--drop ${given.join(' ')}: ${parsed.error.issues[0]?.message.replace(/ — .*/, '') ?? 'is not a line'}.`,
    hint: 'Write numbers and ranges, such as --drop 85-92,120,isps.conf:3.',
  });
}
