import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root.js';
import { quote } from '../ssh/shell-quote.js';

/** Our own PHP that is run on the host: assets/mailwizz/NAME.php. */
export type PhpScript =
  'configuration' | 'database-password' | 'import' | 'administrator' | 'delivery-servers' | 'api-key';

/** What a script is told as `$input`: JSON. Secrets in it were revealed on purpose; it travels on standard input alone. */
export type PhpInput = Readonly<Record<string, unknown>>;

/**
 * Shell that runs a PHP script as the web user, for it may load code that the web user can write. It stands on the standard input
 * of PHP: neither it nor its input is in an argument list or on a disk. `quiet`: what it prints is nobody's to see.
 */
export function phpCommand(
  version: string,
  user: string,
  script: PhpScript,
  input: PhpInput,
  options: { readonly quiet?: boolean } = {},
): string {
  const text = readFileSync(join(packageRoot(), 'assets', 'mailwizz', `${script}.php`), 'utf8');
  const json = Buffer.from(JSON.stringify(input)).toString('base64');
  // The same for the same script: what probes a host is compared.
  const end = `EE_PHP_${createHash('sha256').update(text).update(json).digest('hex').slice(0, 12)}`;
  return [
    `runuser -u ${quote(user)} -- /usr/bin/php${version} -d display_errors=stderr -d log_errors=0${options.quiet ? ' >/dev/null' : ''} <<'${end}'`,
    text.replace(/^<\?php/, `<?php $input = json_decode(base64_decode('${json}'), true);`).trimEnd(),
    end,
  ].join('\n');
}
