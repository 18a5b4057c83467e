import { readFile } from 'node:fs/promises';
import { configurationIn } from '../../pmta/backup-config.js';
import { EeError } from '../../errors.js';
import { loadCatalogue } from '../../pmta/catalogue.js';
import { printDocument } from '../../pmta/document.js';
import { lint } from '../../pmta/lint.js';
import { parseDocument } from '../../pmta/parse.js';
import type { Settings } from '../../settings/settings.js';
import { adaptedConfiguration } from '../adapted-configuration.js';
import { readVerified } from '../read-verified.js';
import { soundBackup } from '../sound-backup.js';
import { withFirstIdentities } from './first-identities.js';

/** The configuration for the first `count` identities, from the backup set as it is. Nothing is to be changed by it. */
export async function renderedConfiguration(settings: Settings, count: number | undefined): Promise<Buffer> {
  return adapted(settings, count, await readFile(await configurationIn(settings.backup.dir)));
}

/** The same, from a backup set that was read whole and found sound; one with errors in it is refused. */
export async function soundConfiguration(
  settings: Settings,
  count: number | undefined,
  signal: AbortSignal,
): Promise<Buffer> {
  const bytes = await adapted(settings, count, await readVerified((await soundBackup(settings, signal)).config));
  const errors = lint(parseDocument(bytes), loadCatalogue()).filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return bytes;
  throw new EeError('PMTA_LINT_ERRORS', {
    problems: errors.map(({ line, code, message }) => `line ${line}: ${code}: ${message}`),
  });
}

async function adapted(settings: Settings, count: number | undefined, bytes: Buffer): Promise<Buffer> {
  const { document } = await adaptedConfiguration(withFirstIdentities(settings, count), bytes);
  return printDocument(document);
}
