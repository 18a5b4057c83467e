import { Flags } from '@oclif/core';
import type { HostOutcome } from '../../deploy/deploy.js';
import { EXIT } from '../../errors.js';
import type { HostName, Settings } from '../../settings/settings.js';
import { EeCommand } from '../ee-command.js';
import { deployDocument, deployText, exitOf } from './present.js';
import type { DeployView } from './view.js';

/** What `ee deploy all`, `vps1`, `vps2` and `vps3` have in common. */
export abstract class DeployCommand extends EeCommand {
  static override baseFlags = {
    ...EeCommand.baseFlags,
    'dry-run': Flags.boolean({
      description: 'Show what would change, with diffs, and change nothing.',
      default: false,
    }),
    'exit-code': Flags.boolean({
      description: 'With --dry-run: status 3 when something would change.',
      default: false,
      dependsOn: ['dry-run'],
    }),
    yes: Flags.boolean({ char: 'y', description: 'Do not ask before changing the hosts.', default: false }),
    'accept-new-host-key': Flags.boolean({
      description: 'Trust the key of a host that known_hosts does not name yet. A changed key is never accepted.',
      default: false,
    }),
  };

  protected async deployTo(hosts: readonly HostName[], flags: DeployFlags): Promise<Record<string, unknown>> {
    const settings = await this.settings(flags);
    const inputs = await this.#gather(settings, hosts, flags['dry-run']);
    const [{ deploy }, { newRun }, { connector }] = await Promise.all([
      import('../../deploy/deploy.js'),
      import('../../deploy/who.js'),
      import('../connector.js'),
    ]);
    let view = await this.#view(hosts, flags.verbose);
    try {
      const outcomes = await deploy(settings, inputs, {
        hosts,
        dryRun: flags['dry-run'],
        run: newRun(),
        connect: connector({ ...flags, signal: this.signal, interactive: this.interactive }),
        emit: (event) => view.emit(event),
        signal: this.signal,
        confirm: async (planned) => {
          if (flags.yes) return;
          await view.close();
          this.print(deployText(planned, flags));
          await this.confirm('Make these changes?', flags);
          view = await this.#view(hosts, flags.verbose);
        },
      });
      await view.close();
      return this.#present(outcomes, flags);
    } finally {
      await view.close();
    }
  }

  /** A set that is not sound stops the run here, before any host is touched. */
  async #gather(settings: Settings, hosts: readonly HostName[], dryRun: boolean) {
    const [{ soundBackup }, { gather }] = await Promise.all([
      import('../../deploy/sound-backup.js'),
      import('../../deploy/gather.js'),
    ]);
    this.note(`Verifying the backup set in ${settings.backup.dir}`);
    const used = await soundBackup(settings, this.signal);
    return gather(settings, used, { hosts, dryRun });
  }

  async #view(hosts: readonly HostName[], verbose: boolean): Promise<DeployView> {
    if (this.jsonEnabled()) return { emit: () => undefined, close: async () => undefined };
    if (process.stderr.isTTY && process.stdout.isTTY && !verbose)
      return (await import('./listr.js')).listrView(hosts, this.redact);
    return (await import('./plain.js')).plainView((line) => this.note(line), verbose);
  }

  #present(outcomes: readonly HostOutcome[], flags: DeployFlags): Record<string, unknown> {
    this.print(deployText(outcomes, flags));
    const exit = exitOf(outcomes);
    const differs = outcomes.some(({ status }) => status === 'planned');
    this.exitWith(exit === EXIT.done && flags['exit-code'] && differs ? EXIT.found : exit);
    return deployDocument(outcomes);
  }
}

export interface DeployFlags {
  readonly 'env-file'?: string | undefined;
  readonly verbose: boolean;
  readonly 'dry-run': boolean;
  readonly 'exit-code': boolean;
  readonly yes: boolean;
  readonly 'accept-new-host-key': boolean;
}
