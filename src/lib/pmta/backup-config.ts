import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EeError } from '../errors.js';
import { readNamed } from '../regular-file.js';

/** `pmta-config`, or with the date of the backup: `pmta-config-20260216`, `pmta-config-2026-02-16`. */
const NAME = /^pmta-config(-\d{4}-?\d{2}-?\d{2})?$/;

/** The path of the one PowerMTA configuration of a backup set. Throws where there is none, and where it is not clear which one. */
export async function configurationIn(dir: string): Promise<string> {
  const names = await readdir(dir).catch(() => []);
  const [file, ...others] = names.filter((name) => NAME.test(name)).sort();
  if (file === undefined) throw new EeError('PMTA_CONFIG_NOT_FOUND', { dir });
  if (others.length > 0) throw new EeError('PMTA_CONFIG_AMBIGUOUS', { dir, files: [file, ...others] });
  return join(dir, file);
}

/** The bytes of that configuration. Throws FILE_UNFIT for what is not a regular file, beside the others. */
export async function readBackupConfiguration(dir: string): Promise<Buffer> {
  return readNamed(await configurationIn(dir), 'BACKUP_DIR');
}
