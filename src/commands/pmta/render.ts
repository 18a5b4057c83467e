import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { screenWidth } from '../../lib/cli/output/standard-streams.js';
import { adaptationFlags, withAdaptationFlags } from '../../lib/cli/pmta/adaptation-flags.js';
import type { Mapping } from '../../lib/pmta/adapt/mapping.js';
import type { AdaptationReport } from '../../lib/pmta/adapt/report.js';

interface RenderResult {
  /** With `[redacted]` for the password. */
  configuration: string;
  report: AdaptationReport;
  /** Which new virtual MTA has what of which old one. */
  mapping: Mapping;
}

export default class PmtaRender extends EeCommand {
  static override summary = 'Print the PowerMTA configuration for N sending IPs';
  static override description =
    'Adapts the configuration of the backup set to the first N sending IPs of the settings: virtual MTAs, pool, listeners, senders, ' +
    'hosts that hand over mail. What old virtual MTAs carry goes to the new ones, and every other rule is kept byte for byte. What has ' +
    'no place is an error with exit status 3, until --drop names it. The output is the configuration and nothing else, so it has the ' +
    'relay password in it; with --json the password is redacted, and what was kept and changed is reported.';
  static override examples = [
    '<%= config.bin %> pmta render --ips 5 --out pmta.conf',
    '<%= config.bin %> pmta render --ips 5 --explain',
    '<%= config.bin %> pmta render --ips 5 | <%= config.bin %> pmta check -',
  ];
  static override flags = {
    ips: Flags.integer({ description: 'For the first N sending IPs', helpValue: 'N', min: 1, required: true }),
    ...adaptationFlags,
    explain: Flags.boolean({
      description:
        'Print which virtual MTA takes what, and what is kept, changed, added, dropped and left, instead of the configuration',
      default: false,
    }),
    out: Flags.string({
      description: 'Write it to FILE (mode 600) instead; a file of that name is replaced',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<RenderResult> {
    const { flags } = await this.parse(PmtaRender);
    const settings = withAdaptationFlags(await this.settings(flags), flags);
    const [
      { rendered, triedAdaptation },
      { withFirstIdentities },
      { readBackupConfiguration },
      { printDocument },
      { withoutSecrets },
    ] = await Promise.all([
      import('../../lib/deploy/adapted-configuration.js'),
      import('../../lib/deploy/pmta/first-identities.js'),
      import('../../lib/pmta/backup-config.js'),
      import('../../lib/pmta/document.js'),
      import('../../lib/pmta/redact.js'),
    ]);
    const chosen = withFirstIdentities(settings, flags.ips);
    const tried = await triedAdaptation(chosen, await readBackupConfiguration(settings.backup.dir));
    // A refused one can be explained too: that is where it is decided what may be lost.
    if (flags.explain && tried.refusal) await this.#explain(tried.adaptation);
    const { document, report, mapping } = await rendered(chosen, tried);
    if (flags.out !== undefined) await this.#write(flags.out, printDocument(document));
    // The bytes as they are, not redacted: they are the configuration, and the password is part of it.
    else if (!flags.explain) this.give(printDocument(document));
    if (flags.explain) await this.#explain({ mapping, report });
    return { configuration: printDocument(withoutSecrets(document)).toString('utf8'), report, mapping };
  }

  async #explain({ mapping, report }: Pick<RenderResult, 'mapping' | 'report'>): Promise<void> {
    const [{ tableLines }, { showMapping }] = await Promise.all([
      import('../../lib/cli/table.js'),
      import('../../lib/pmta/show-mapping.js'),
    ]);
    const width = screenWidth();
    for (const part of showMapping(mapping)) {
      const lines = typeof part === 'string' ? [part] : tableLines(part.columns, part.rows, { width });
      for (const line of lines) this.print(line);
    }
    const columns = [{ title: 'line' }, { title: '' }, { title: 'part', least: 20 }, { title: 'why', least: 20 }];
    const rows = report.map(({ line, file, action, subject, reason }) => [
      file === undefined ? String(line ?? '+') : `${file}:${line ?? ''}`,
      action,
      subject,
      reason,
    ]);
    for (const line of tableLines(columns, rows, { width })) this.print(line);
  }

  async #write(file: string, bytes: Buffer): Promise<void> {
    const { writeOutput } = await import('../../lib/output-file.js');
    await writeOutput(file, bytes, 0o600);
    this.note(`Wrote ${file}. It holds the relay password.`);
  }
}
