import { Flags } from '@oclif/core';
import { tableLines } from '../../lib/cli/table.js';
import { Vps2Command } from '../../lib/cli/pmta/vps2-command.js';
import { EXIT } from '../../lib/errors.js';
import type { RecoveredKey } from '../../lib/rotation/recover.js';

export default class DkimRecover extends Vps2Command {
  static override summary = 'Bring back from VPS2 the DKIM keys that it signs with';
  static override description =
    'For a SECRETS_DIR that is older than VPS2, or whose newest keys are lost: reads which key signs for each domain on VPS2, writes it ' +
    'beside the keys that are here, and notes in the ledger that it signs. The keys that the ledger took for those that sign retire, or ' +
    'are revoked where DNS has withdrawn them already. Nothing on VPS2 is changed, and no key that is here is replaced. A newer copy of ' +
    'SECRETS_DIR is better than this: it has the whole ledger. Status 1 when the key of a domain could not be brought back.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --domain mail1.example.com --json',
  ];
  static override flags = {
    domain: Flags.string({
      description: 'Only the key of this domain. May be given several times.',
      helpValue: 'DOMAIN',
      multiple: true,
      default: [],
    }),
  };

  async run(): Promise<Record<string, unknown>> {
    const { flags } = await this.parse(DkimRecover);
    const settings = await this.settings(flags);
    const [{ chosenDomains }, { recoveryOn }, { recoverKeys }, { failedDocument, failedLines }, { withKeyRoom }] =
      await Promise.all([
        import('../../lib/rotation/chosen-domains.js'),
        import('../../lib/rotation/real-recovery.js'),
        import('../../lib/rotation/recover.js'),
        import('../../lib/rotation/report.js'),
        import('../../lib/rotation/key-room.js'),
      ]);
    const domains = await chosenDomains(settings, { domains: flags.domain, all: flags.domain.length === 0 });
    const { recovered, failed } = await withKeyRoom(settings.secretsDir, () =>
      this.onVps2(settings, flags, async (host) => recoverKeys(domains, await recoveryOn(host, settings, this.signal))),
    );
    const rows = recovered.map((key) => [key.domain, key.selector ?? '-', SENTENCES[key.outcome]]);
    for (const line of tableLines(COLUMNS, rows, { width: Infinity, indent: '' })) this.print(line);
    for (const line of failed.flatMap(failedLines)) this.print(line);
    if (recovered.some(({ outcome }) => outcome === 'recovered'))
      this.note('Keep a new copy of SECRETS_DIR. Next: `ee dkim status --dns`, then `ee deploy vps2 --dry-run`.');
    if (failed.length > 0) this.exitWith(EXIT.failed);
    const keys = recovered.map((key) => ({ ...key, selector: key.selector ?? null }));
    return { keys, failed: failedDocument(failed) };
  }
}

const COLUMNS = [{ title: 'DOMAIN' }, { title: 'SELECTOR' }, { title: 'KEY' }];

const SENTENCES: Readonly<Record<RecoveredKey['outcome'], string>> = {
  kept: 'is here already',
  recovered: 'brought back',
  replaced: 'was replaced by a newer one here, which VPS2 does not sign with yet: ee pmta diff',
  none: 'VPS2 signs for this domain with no key of ee',
};
