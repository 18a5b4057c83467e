import { basename } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { screenWidth } from '../../lib/cli/output/standard-streams.js';
import type { Configuration } from '../../lib/pmta/configuration.js';
import type { Document } from '../../lib/pmta/document.js';
import type { Explanation } from '../../lib/pmta/explain.js';
import type { OverlayLines } from '../../lib/pmta/overlay/origins.js';

export default class PmtaExplain extends EeCommand {
  static override summary = 'Show the settings that hold for a queue, and the line each comes from';
  static override description =
    'Merges the <domain> blocks as PowerMTA does: the most specific one wins, and a virtual MTA comes before its pool and that before ' +
    'the rest. Without --config it explains the configuration that `ee pmta render` makes for all sending IPs. ' +
    'With --ips it also reckons what that many virtual MTAs make of each limit, since limits of a <domain> hold for each of them.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> gmail.com',
    '<%= config.bin %> <%= command.id %> gmail.com --vmta vmta-mail1 --ips 5',
    '<%= config.bin %> <%= command.id %> orange.fr --config /etc/pmta/config --all',
  ];
  static override args = {
    domain: Args.string({ description: 'domain that mail goes to, such as gmail.com', required: true }),
  };
  static override flags = {
    vmta: Flags.string({ description: 'through this virtual MTA or pool', helpValue: 'NAME' }),
    config: Flags.string({ description: 'explain FILE instead', helpValue: 'FILE' }),
    root: Flags.string({
      description: 'follow its includes; DIR stands for the root of the host',
      helpValue: 'DIR',
      dependsOn: ['config'],
    }),
    ips: Flags.integer({ description: 'with the totals of N virtual MTAs', helpValue: 'N', min: 1, max: 100_000 }),
    all: Flags.boolean({ description: 'show the documented defaults and all rules too', default: false }),
  };

  async run(): Promise<Explanation & { file: string; ips: number | null }> {
    const { args, flags } = await this.parse(PmtaExplain);
    const [{ loadCatalogue }, { explain }, { showExplanation }, { withOverlayLines }, { tableLines }] =
      await Promise.all([
        import('../../lib/pmta/catalogue.js'),
        import('../../lib/pmta/explain.js'),
        import('../../lib/pmta/show-explanation.js'),
        import('../../lib/pmta/overlay/origins.js'),
        import('../../lib/cli/table.js'),
      ]);
    const { file, configuration, overlay } = await this.#configuration(flags);
    const explained = explain(configuration, loadCatalogue(), {
      domain: args.domain,
      virtualMta: flags.vmta,
      ips: flags.ips,
    });
    const explanation = overlay ? withOverlayLines(explained, overlay) : explained;
    const width = screenWidth();
    for (const part of showExplanation(explanation, { file: basename(file), ips: flags.ips, all: flags.all })) {
      const lines = typeof part === 'string' ? [part] : tableLines(part.columns, part.rows, { width });
      for (const line of lines) this.print(line);
    }
    return { file, ips: flags.ips ?? null, ...explanation };
  }

  async #configuration(flags: {
    config?: string | undefined;
    root?: string | undefined;
    'env-file'?: string | undefined;
  }): Promise<{ file: string; configuration: Document | Configuration; overlay?: OverlayLines }> {
    if (flags.config !== undefined) {
      const { configurationFrom } = await import('../../lib/pmta/check-files.js');
      const { readConfiguration } = await import('../../lib/pmta/read-configuration.js');
      const named = { file: flags.config, bytes: await readConfiguration(flags.config) };
      return { file: flags.config, configuration: await configurationFrom(named, flags.root) };
    }
    const settings = await this.settings(flags);
    const [{ adaptedConfiguration }, { readBackupConfiguration }] = await Promise.all([
      import('../../lib/deploy/adapted-configuration.js'),
      import('../../lib/pmta/backup-config.js'),
    ]);
    const bytes = await readBackupConfiguration(settings.backup.dir);
    const { document, overlay } = await adaptedConfiguration(settings, bytes);
    return { file: 'pmta.conf', configuration: document, ...(overlay && { overlay }) };
  }
}
