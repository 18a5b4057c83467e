import { readFile } from 'node:fs/promises';
import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { screenWidth } from '../../lib/cli/output/standard-streams.js';
import type { AdaptationReport } from '../../lib/pmta/adapt/report.js';

interface RenderResult {
  /** With `[redacted]` for the password. */
  configuration: string;
  report: AdaptationReport;
}

export default class PmtaRender extends EeCommand {
  static override summary = 'Print the PowerMTA configuration for N sending IPs';
  static override description =
    'Adapts the configuration of the backup set to the first N sending IPs of the settings: virtual MTAs, pool, listeners, senders, ' +
    'hosts that hand over mail. Every rule of the backup is kept byte for byte. The output is the configuration and nothing else, ' +
    'so it has the relay password in it; with --json the password is redacted, and what was kept and changed is reported.';
  static override examples = [
    '<%= config.bin %> pmta render --ips 5 --out pmta.conf',
    '<%= config.bin %> pmta render --ips 5 --explain',
    '<%= config.bin %> pmta render --ips 5 | <%= config.bin %> pmta check -',
  ];
  static override flags = {
    ips: Flags.integer({ description: 'for the first N sending IPs', helpValue: 'N', min: 1, required: true }),
    explain: Flags.boolean({
      description: 'print what is kept, changed, added, dropped and left, and why, instead of the configuration',
      default: false,
    }),
    out: Flags.string({
      description: 'write it to FILE (mode 600) instead; a file of that name is replaced',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<RenderResult> {
    const { flags } = await this.parse(PmtaRender);
    const settings = await this.settings(flags);
    const [
      { adaptedConfiguration },
      { withFirstIdentities },
      { configurationIn },
      { printDocument },
      { withoutSecrets },
    ] = await Promise.all([
      import('../../lib/deploy/adapted-configuration.js'),
      import('../../lib/deploy/pmta/first-identities.js'),
      import('../../lib/pmta/backup-config.js'),
      import('../../lib/pmta/document.js'),
      import('../../lib/pmta/redact.js'),
    ]);
    const { document, report } = await adaptedConfiguration(
      withFirstIdentities(settings, flags.ips),
      await readFile(await configurationIn(settings.backup.dir)),
    );

    if (flags.out !== undefined) await this.#write(flags.out, printDocument(document));
    // The bytes as they are, not redacted: they are the configuration, and the password is part of it.
    else if (!flags.explain) this.give(printDocument(document));
    if (flags.explain) await this.#explain(report);
    return { configuration: printDocument(withoutSecrets(document)).toString('utf8'), report };
  }

  async #explain(report: AdaptationReport): Promise<void> {
    const { tableLines } = await import('../../lib/cli/table.js');
    const columns = [{ title: 'line' }, { title: '' }, { title: 'part', least: 20 }, { title: 'why', least: 20 }];
    const rows = report.map(({ line, file, action, subject, reason }) => [
      file === undefined ? String(line ?? '+') : `${file}:${line ?? ''}`,
      action,
      subject,
      reason,
    ]);
    for (const line of tableLines(columns, rows, { width: screenWidth() })) this.print(line);
  }

  async #write(file: string, bytes: Buffer): Promise<void> {
    const { writeOutput } = await import('../../lib/output-file.js');
    await writeOutput(file, bytes, 0o600);
    this.note(`Wrote ${file}. It holds the relay password.`);
  }
}
