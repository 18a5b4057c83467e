import { usedFiles, type UsedFiles } from '../backup/used-files.js';
import { verifyBackupSet } from '../backup/verify-set.js';
import type { Settings } from '../settings/settings.js';
import { examineConfiguration } from './backup-configuration.js';

/** The files of the backup set that a deployment uses, all of them read and found sound; throws for any other set. */
export async function soundBackup({ backup }: Settings, signal: AbortSignal): Promise<UsedFiles> {
  const report = await verifyBackupSet(backup.dir, {
    ...(backup.sourceDir ? { against: backup.sourceDir } : {}),
    signal,
    examineConfig: examineConfiguration,
  });
  return usedFiles(report);
}
