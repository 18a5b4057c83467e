import { Flags } from '@oclif/core';
import { dryRunFlag, HostCommand, yesFlag } from '../../lib/cli/host-command.js';
import type { InstallOutcome } from '../../lib/deploy/mailwizz/install.js';

export default class MailwizzInstall extends HostCommand {
  static override summary = 'Install MailWizz on VPS1, with nobody at its wizard';
  static override description =
    'After `ee deploy vps1`. Answers the application’s own wizard on the host itself, where install/ is in the archive or in ' +
    'MAILWIZZ_INSTALL_DIR; else makes the database from the application’s own SQL files and lets the application verify its licence. ' +
    'Then it removes the wizard, proves that nothing of an old system is in the database, and opens the panel. An installation that ' +
    'was cut is continued, or undone and begun anew; one that is complete is left alone. A database with data is never touched ' +
    'without --replace, which asks for its name and keeps everything: a dump that is read back and compared, the web root, ' +
    'configuration and uploads, for `ee rollback vps1`.';
  static override examples = [
    { description: 'What it would do', command: '<%= config.bin %> <%= command.id %> --dry-run' },
    '<%= config.bin %> <%= command.id %> --yes --json',
    {
      description: 'An empty panel in the place of one with data, which is kept',
      command: '<%= config.bin %> <%= command.id %> --replace --confirm-database mailwizz_v2 --yes',
    },
  ];
  static override flags = {
    'dry-run': dryRunFlag,
    replace: Flags.boolean({
      description: 'Put a new, empty panel in the place of one with data. The former one is kept.',
      default: false,
    }),
    'confirm-database': Flags.string({
      description: 'With --replace: the name of the database whose data makes way, where nobody can be asked for it.',
      dependsOn: ['replace'],
      helpValue: 'NAME',
    }),
    yes: yesFlag,
  };

  async run(): Promise<InstallOutcome & { host: string }> {
    const { flags } = await this.parse(MailwizzInstall);
    const settings = await this.settings(flags);
    const [{ installMailwizz, installMaterial }, { newRun }] = await Promise.all([
      import('../../lib/deploy/mailwizz/install.js'),
      import('../../lib/deploy/who.js'),
    ]);
    const material = await installMaterial(settings);
    const { emit, close } = await this.progress(flags);
    const outcome = await this.onHost('vps1', settings, flags, (host) =>
      installMailwizz(host, settings, material, {
        dryRun: flags['dry-run'],
        run: newRun(),
        emit,
        signal: this.signal,
        replace: flags.replace,
        confirm: async ({ steps, replaces }) => {
          const question =
            replaces === undefined
              ? 'Install MailWizz on vps1?'
              : 'Put a new, empty panel in the place of the one on vps1?';
          await this.confirmSteps(steps, question, flags);
          if (replaces !== undefined) await this.confirmDatabase(replaces, flags['confirm-database']);
        },
      }),
    ).finally(close);
    this.#show(outcome, settings.mailwizz.panelDomain);
    return { host: 'vps1', ...outcome };
  }

  #show({ status, version, changes, steps }: InstallOutcome, panelDomain: string): void {
    if (status === 'unchanged') this.print(`vps1: MailWizz ${version} is installed already. 0 changes.`);
    this.showSteps(steps);
    if (status === 'changed') {
      for (const { summary } of changes) this.print(`Done: ${summary}`);
      this.print(`The panel is at https://${panelDomain}/backend/ for MAILWIZZ_ADMIN_EMAIL.`);
      this.note(
        'Next: `ee mailwizz servers` gives it a delivery server for each sender, and `ee mailwizz key` the API a key of it.',
      );
    }
  }
}
