import { EeError } from '../../errors.js';
import { SQL_FILES } from '../../mailwizz/layout.js';
import { missingFrom } from '../../mailwizz/schema.js';
import type { Host } from '../../ssh/host.js';
import { quote } from '../../ssh/shell-quote.js';
import { succeed } from './succeed.js';

/** Fails where the tables that an unpacked application makes are not those that the installation and what follows build on. */
export async function assertSchema(host: Host, root: string, version: string, signal: AbortSignal): Promise<void> {
  const file = `${root}/${SQL_FILES[0] ?? ''}`;
  const script = `[ ! -f ${quote(file)} ] || base64 < ${quote(file)}`;
  const output = await succeed(host, script, "reading the application's schema", signal);
  const missing = missingFrom(Buffer.from(output, 'base64').toString('latin1'));
  if (missing.length > 0) throw new EeError('MAILWIZZ_SCHEMA_DIFFERS', { version, missing }, { where: host.name });
}
