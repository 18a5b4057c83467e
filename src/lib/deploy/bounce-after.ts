import { EeError } from '../errors.js';
import { readBackupConfiguration } from '../pmta/backup-config.js';
import { longestBounceAfter } from '../pmta/bounce-after.js';
import type { Document } from '../pmta/document.js';
import type { Settings } from '../settings/settings.js';
import { takeInFrom } from './backup-configuration.js';

const NOTHING: Document = { nodes: [], problems: [] };

/**
 * The longest time that a message may wait in a queue of VPS2, in seconds, by the configuration of the backup set; what PowerMTA does by
 * itself, where there is none. What is done with a key on VPS2 needs the whole set to be sound, so nothing rests on that alone.
 */
export async function bounceAfterOf({ backup }: Settings): Promise<number> {
  const bytes = await configurationBytes(backup.dir);
  return longestBounceAfter(bytes ? (await takeInFrom(backup.dir, bytes)).document : NOTHING);
}

async function configurationBytes(dir: string): Promise<Buffer | undefined> {
  try {
    return await readBackupConfiguration(dir);
  } catch (error) {
    const isMissing =
      error instanceof EeError ? error.code !== 'FILE_UNFIT' : error instanceof Error && 'code' in error;
    if (isMissing) return undefined;
    throw error;
  }
}
