import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EeError } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { NotRegularFile, readRegular, refuse } from '../regular-file.js';

/** The API as one JavaScript file: the bundled one, or `source`, which is such a file or a folder with `dist/engine.mjs` in it. */
export async function engineBundle(source: string | undefined): Promise<Buffer> {
  const given = source ?? join(packageRoot(), 'engine');
  const found = await stat(given).catch(() => undefined);
  const path = found?.isDirectory() ? join(given, 'dist', 'engine.mjs') : given;
  try {
    return await readRegular(path);
  } catch (error) {
    if (source !== undefined && error instanceof NotRegularFile) refuse(path, 'ENGINE_SOURCE', error);
    if (source !== undefined) throw new EeError('FILE_MISSING', { what: 'The API', path, setting: 'ENGINE_SOURCE' });
    throw new EeError('USAGE', { message: `The bundled API is not built: ${path} is missing.`, hint: 'npm run build' });
  }
}

/** The shipper of the accounting as one JavaScript file; whatever API is deployed, it is the bundled one. */
export async function shipperBundle(): Promise<Buffer> {
  const path = join(packageRoot(), 'engine', 'dist', 'accounting-shipper.mjs');
  try {
    return await readFile(path);
  } catch {
    const message = `The accounting shipper is not built: ${path} is missing.`;
    throw new EeError('USAGE', { message, hint: 'npm run build' });
  }
}
