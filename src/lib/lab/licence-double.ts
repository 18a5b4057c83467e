import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../package-root.js';
import type { LabSubnet } from './network.js';

/**
 * Tells the application stand-in on a host where its licence is verified: it speaks to no other place. In a lab without a world it
 * is not told, and refuses every licence. The real application does not know this file.
 */
export async function tellLicenceDouble(root: string, subnet: LabSubnet): Promise<void> {
  const text = await readFile(join(packageRoot(), 'assets/lab/world/mwstub.ini'), 'utf8');
  const file = join(root, 'etc/mwstub.ini');
  await writeFile(file, text.replace('@WORLD@', subnet.hosts.world));
  await chmod(file, 0o644);
}
