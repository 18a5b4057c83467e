import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { ensureKeys, type EnsuredKey } from '../../lib/dkim/key-store.js';
import { EeError } from '../../lib/errors.js';
import type { SendingIdentity } from '../../lib/settings/settings.js';

interface GenerateResult {
  keys: { domain: string; selector: string; file: string; created: boolean }[];
}

export default class DkimGenerate extends EeCommand {
  static override summary = 'Make the DKIM keys of the sending domains that have none';
  static override description =
    'Makes a 2048-bit RSA key for each sending domain, in PKCS#1 PEM with mode 600 under SECRETS_DIR/dkim/DOMAIN/SELECTOR.pem. ' +
    'A key that exists is never replaced.';
  static override examples = ['<%= config.bin %> dkim generate', '<%= config.bin %> dkim generate --ips 2 --json'];
  static override flags = {
    ips: Flags.integer({ description: 'only for the first N sending IPs', helpValue: 'N', min: 1 }),
  };

  async run(): Promise<GenerateResult> {
    const { flags } = await this.parse(DkimGenerate);
    const settings = await this.settings(flags);
    const keys = await ensureKeys(settings.secretsDir, first(settings.sending.identities, flags.ips));

    for (const line of table(keys)) this.print(line);
    if (keys.some((key) => key.created)) this.note('Publish the new records: ee dns records');
    return { keys: keys.map(({ domain, selector, path, created }) => ({ domain, selector, file: path, created })) };
  }
}

function first(identities: readonly SendingIdentity[], count = identities.length): readonly SendingIdentity[] {
  if (count > identities.length) {
    throw new EeError('USAGE', {
      message: `--ips ${count} asks for more sending IPs than the settings have (${identities.length}).`,
      hint: 'Add the addresses to SENDING_IPS, or ask for fewer.',
    });
  }
  return identities.slice(0, count);
}

function table(keys: readonly EnsuredKey[]): string[] {
  const rows = [
    ['DOMAIN', 'SELECTOR', 'KEY', 'FILE'],
    ...keys.map((key) => [key.domain, key.selector, key.created ? 'created' : 'kept', key.path]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
}
