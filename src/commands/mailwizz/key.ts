import { dryRunFlag, HostCommand, yesFlag } from '../../lib/cli/host-command.js';
import type { KeyOutcome } from '../../lib/deploy/mailwizz/api-key.js';

export default class MailwizzKey extends HostCommand {
  static override summary = 'Give the API on VPS3 a key of MailWizz';
  static override description =
    'Makes a key through the application’s own models, once, for the address of VPS3 alone; writes it there, readable by root; and proves ' +
    'it with a call of VPS3. A key that is there is kept. It is shown nowhere.';
  static override examples = [
    { description: 'What it would do', command: '<%= config.bin %> <%= command.id %> --dry-run' },
    '<%= config.bin %> <%= command.id %> --yes --json',
  ];
  static override flags = { 'dry-run': dryRunFlag, yes: yesFlag };

  async run(): Promise<KeyOutcome> {
    const { flags } = await this.parse(MailwizzKey);
    const settings = await this.settings(flags);
    const [{ handOverKey }, { newRun }] = await Promise.all([
      import('../../lib/deploy/mailwizz/api-key.js'),
      import('../../lib/deploy/who.js'),
    ]);
    const { emit, close } = await this.progress(flags);
    const outcome = await this.onHost('vps1', settings, flags, (vps1) =>
      this.onHost('vps3', settings, flags, (vps3) =>
        handOverKey({ vps1, vps3 }, settings, {
          dryRun: flags['dry-run'],
          run: newRun(),
          emit,
          signal: this.signal,
          hide: (secrets) => this.hide(secrets),
          confirm: (steps) => this.confirmSteps(steps, 'Hand the key over?', flags),
        }),
      ),
    ).finally(close);
    if (outcome.status === 'unchanged') this.print('vps3 has its key of MailWizz. 0 changes.');
    this.showSteps(outcome.steps);
    for (const { host, summary } of outcome.changes) this.print(`${host}: done: ${summary}`);
    if (outcome.status === 'changed') this.print('A call of vps3 with it was answered.');
    return outcome;
  }
}
