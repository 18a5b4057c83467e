import type { AdaptationReport } from '../../pmta/adapt/report.js';
import { readBackupConfiguration } from '../../pmta/backup-config.js';
import { printDocument } from '../../pmta/document.js';
import type { Settings } from '../../settings/settings.js';
import { adaptedConfiguration, type Selectors } from '../adapted-configuration.js';
import { readVerified } from '../read-verified.js';
import { soundBackup } from '../sound-backup.js';
import { withFirstIdentities } from './first-identities.js';

/**
 * The configuration for the first `count` identities, from the backup set as it is, and what the overlay did to it. Nothing is to be
 * changed by it.
 */
export async function renderedConfiguration(
  settings: Settings,
  count: number | undefined,
): Promise<{ content: Buffer; overlay: AdaptationReport }> {
  const backup = await readBackupConfiguration(settings.backup.dir);
  const { document, overlay } = await adaptedConfiguration(withFirstIdentities(settings, count), backup);
  return { content: printDocument(document), overlay: overlay?.report ?? [] };
}

/** The same, from a backup set that was read whole and found sound. */
export async function soundConfiguration(
  settings: Settings,
  count: number | undefined,
  signal: AbortSignal,
): Promise<Buffer> {
  return (await soundConfigurations(withFirstIdentities(settings, count), signal))(new Map());
}

/** The same for any choice of the keys that sign. The backup set is read once. */
export async function soundConfigurations(
  settings: Settings,
  signal: AbortSignal,
): Promise<(selectors: Selectors) => Promise<Buffer>> {
  const backup = await readVerified((await soundBackup(settings, signal)).config);
  return async (selectors) => printDocument((await adaptedConfiguration(settings, backup, selectors)).document);
}
