import { Flags } from '@oclif/core';
import { HostCommand, yesFlag } from '../../lib/cli/host-command.js';
import type { ServersOutcome } from '../../lib/deploy/mailwizz/servers.js';
import { EXIT } from '../../lib/errors.js';

export default class MailwizzServers extends HostCommand {
  static override summary = 'Give MailWizz a delivery server for each sender';
  static override description =
    'One delivery server a sender, of the type for PowerMTA: it hands mail to the IP of that sender, with the credentials of the relay, ' +
    'and names the virtual MTA. They are made through the application’s own models. Those that differ are corrected; those of senders ' +
    'that the settings no longer have are taken out of use. Others are left alone, and told with status 3: they send past the senders.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --yes',
  ];
  static override flags = {
    'dry-run': Flags.boolean({ description: 'Show what differs, and change nothing.', default: false }),
    yes: yesFlag,
  };

  async run(): Promise<ServersOutcome & { host: string }> {
    const { flags } = await this.parse(MailwizzServers);
    const settings = await this.settings(flags);
    const [{ syncServers }, { newRun }] = await Promise.all([
      import('../../lib/deploy/mailwizz/servers.js'),
      import('../../lib/deploy/who.js'),
    ]);
    const { emit, close } = await this.progress(flags);
    const outcome = await this.onHost('vps1', settings, flags, (host) =>
      syncServers(host, settings, {
        dryRun: flags['dry-run'],
        run: newRun(),
        emit,
        signal: this.signal,
        confirm: (steps) => this.confirmSteps(steps, 'Change the delivery servers of MailWizz?', flags),
      }),
    ).finally(close);
    this.#show(outcome);
    if (outcome.strangers.length > 0) this.exitWith(EXIT.found);
    return { host: 'vps1', ...outcome };
  }

  #show({ status, steps, strangers }: ServersOutcome): void {
    if (status === 'unchanged') this.print('vps1: each sender has its delivery server. 0 changes.');
    if (status === 'planned') this.showSteps(steps);
    if (status === 'changed') for (const step of steps) this.print(`Done: ${step}`);
    for (const stranger of strangers) this.print(`Left alone: ${stranger}.`);
    if (status === 'changed') this.note('Next: `ee mailwizz status` shows how MailWizz and PowerMTA agree.');
  }
}
