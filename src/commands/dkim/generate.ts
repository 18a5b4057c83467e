import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import type { DnsSurvey } from '../../lib/dns/survey.js';
import { ensureKeys, withoutKey, type EnsuredKey } from '../../lib/dkim/key-store.js';
import { EeError } from '../../lib/errors.js';
import type { SendingIdentity, Settings } from '../../lib/settings/settings.js';

interface GenerateResult {
  keys: { domain: string; selector: string; file: string; created: boolean }[];
}

export default class DkimGenerate extends EeCommand {
  static override summary = 'Make the DKIM keys of the sending domains that have none';
  static override description =
    'Makes a 2048-bit RSA key for each sending domain, in PKCS#1 PEM with mode 600 under SECRETS_DIR/dkim/DOMAIN/SELECTOR.pem. ' +
    'A key that exists is never replaced. Where DNS has a record already under the selector of a key that would be made, there was one ' +
    'before, and none is made: SECRETS_DIR may be the wrong folder. Where DNS does not answer it says so, and makes the keys.';
  static override examples = ['<%= config.bin %> dkim generate', '<%= config.bin %> dkim generate --ips 2 --json'];
  static override flags = {
    ips: Flags.integer({ description: 'only for the first N sending IPs', helpValue: 'N', min: 1 }),
    'new-selectors': Flags.boolean({
      description:
        'The keys of before are lost: make others, under selectors with the date that DNS has nothing under.',
      default: false,
    }),
  };

  async run(): Promise<GenerateResult> {
    const { flags } = await this.parse(DkimGenerate);
    const settings = await this.settings(flags);
    const identities = first(settings.sending.identities, flags.ips);
    const keys = flags['new-selectors']
      ? await this.#madeAnew(settings, identities)
      : await this.#madeFirst(settings, identities);

    for (const line of table(keys)) this.print(line);
    if (keys.some((key) => key.created)) this.note('Publish the new records: ee dns records');
    return { keys: keys.map(({ domain, selector, path, created }) => ({ domain, selector, file: path, created })) };
  }

  /** A key that DNS has and this machine has not is somewhere else: a second one beside it would sign what nobody can verify. */
  async #madeFirst(settings: Settings, identities: readonly SendingIdentity[]): Promise<EnsuredKey[]> {
    const { secretsDir } = settings;
    const domains = await withoutKey(secretsDir, identities);
    if (domains.length === 0) return ensureKeys(secretsDir, identities);
    const { firstKeysInDns } = await import('../../lib/rotation/first-keys.js');
    const { published, unknown } = await firstKeysInDns(domains, await this.#survey(settings));
    if (published.length > 0) throw new EeError('DKIM_SELECTOR_PUBLISHED', { names: published, folder: secretsDir });
    if (unknown.length > 0) {
      this.note('DNS does not tell whether it has a key already under:');
      for (const one of unknown) this.note(`  ${one}`);
      this.note('So the keys are made as for a first day. Before you publish them: `ee dns records --diff`.');
    }
    return ensureKeys(secretsDir, identities);
  }

  /** Keys in the place of those that are lost; their selectors are not used again. */
  async #madeAnew(settings: Settings, identities: readonly SendingIdentity[]): Promise<EnsuredKey[]> {
    const { secretsDir } = settings;
    const [{ freshSelectors }, { withKeyRoom }] = await Promise.all([
      import('../../lib/rotation/first-keys.js'),
      import('../../lib/rotation/key-room.js'),
    ]);
    return withKeyRoom(secretsDir, async () => {
      const domains = await withoutKey(secretsDir, identities);
      const selectors = await freshSelectors(domains, await this.#survey(settings), new Date());
      return ensureKeys(secretsDir, identities, selectors);
    });
  }

  async #survey({ dns }: Settings): Promise<DnsSurvey> {
    const { dnsSurvey } = await import('../../lib/dns/survey.js');
    return dnsSurvey(dns.resolvers, { signal: this.signal, timeouts: [2000] });
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
