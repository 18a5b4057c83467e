import { Args } from '@oclif/core';
import { dryRunFlag, HostCommand, yesFlag } from '../../lib/cli/host-command.js';
import type { UpgradeOutcome } from '../../lib/deploy/mailwizz/upgrade.js';

export default class MailwizzUpgrade extends HostCommand {
  static override summary = 'Upgrade MailWizz on VPS1 to a release, with a way back';
  static override description =
    'Reads the archive (.zip or .tar.gz) and refuses one that is damaged, unsafe to unpack or older. Closes the panel and keeps it: a dump ' +
    'that is read back and compared, and its web root. Replaces the files but for configuration, uploads and extensions, lets the ' +
    'application bring its database along, proves the panel and opens it. What fails is taken back at once, what was cut by the next ' +
    'run; `ee rollback vps1` goes back later.';
  static override examples = [
    {
      description: 'What it would do',
      command: '<%= config.bin %> <%= command.id %> mailwizz-2.3.0.zip --dry-run',
    },
    '<%= config.bin %> <%= command.id %> mailwizz-2.3.0.zip --yes --json',
  ];
  static override args = {
    archive: Args.string({ description: 'the release', required: true }),
  };
  static override flags = {
    'dry-run': dryRunFlag,
    yes: yesFlag,
  };

  async run(): Promise<UpgradeOutcome & { host: string }> {
    const { args, flags } = await this.parse(MailwizzUpgrade);
    const settings = await this.settings(flags);
    const [{ upgradeMailwizz }, { withRelease }, { newRun }] = await Promise.all([
      import('../../lib/deploy/mailwizz/upgrade.js'),
      import('../../lib/deploy/mailwizz/release.js'),
      import('../../lib/deploy/who.js'),
    ]);
    this.note(`Reading ${args.archive}`);
    const outcome = await withRelease(args.archive, this.signal, async (release) => {
      const { emit, close } = await this.progress(flags);
      return this.onHost('vps1', settings, flags, (host) =>
        upgradeMailwizz(host, settings, release, {
          dryRun: flags['dry-run'],
          run: newRun(),
          emit,
          signal: this.signal,
          confirm: (steps) => this.confirmSteps(steps, `Upgrade MailWizz to ${release.version} on vps1?`, flags),
        }),
      ).finally(close);
    });
    if (outcome.status === 'unchanged') this.print(`vps1: MailWizz ${outcome.to} is installed. 0 changes.`);
    this.showSteps(outcome.steps);
    for (const { summary } of outcome.changes) this.print(`Done: ${summary}`);
    if (outcome.status === 'changed') this.note('Next: `ee mailwizz status` shows how it is.');
    return { host: 'vps1', ...outcome };
  }
}
