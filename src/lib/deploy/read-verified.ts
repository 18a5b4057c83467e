import { createHash } from 'node:crypto';
import type { UsedFile } from '../backup/used-files.js';
import { EeError } from '../errors.js';
import { readNamed } from '../regular-file.js';

/** The bytes of a file of the backup set, the very ones that were verified. */
export async function readVerified({ path, sha256 }: UsedFile): Promise<Buffer> {
  const bytes = await readNamed(path, 'BACKUP_DIR');
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
  throw new EeError('BACKUP_CHANGED', { path });
}
