import { Flags } from '@oclif/core';
import type { Emit } from '../converge/events.js';
import type { HostName, Settings } from '../settings/settings.js';
import type { Host } from '../ssh/host.js';
import { EeCommand } from './ee-command.js';

export interface ConnectFlags {
  readonly verbose: boolean;
  readonly 'accept-new-host-key': boolean;
}

/** What commands that work on one host have in common. */
export abstract class HostCommand extends EeCommand {
  static override baseFlags = {
    ...EeCommand.baseFlags,
    'accept-new-host-key': Flags.boolean({
      description: 'Trust the key of a host that known_hosts does not name yet. A changed key is never accepted.',
      default: false,
    }),
  };

  /** Connects to the host, and closes the connection whatever comes of it. */
  protected async onHost<T>(
    name: HostName,
    settings: Settings,
    flags: ConnectFlags,
    use: (host: Host) => Promise<T>,
  ): Promise<T> {
    const host = await this.connectTo(name, settings, flags);
    try {
      return await use(host);
    } finally {
      await host.close();
    }
  }

  /** Connects to the host. The caller closes the connection. */
  protected async connectTo(name: HostName, settings: Settings, flags: ConnectFlags): Promise<Host> {
    const { connector } = await import('./connector.js');
    const connect = connector({ ...flags, signal: this.signal, interactive: this.interactive });
    this.note(`Connecting to ${name} (${settings.hosts[name].address})`);
    return connect(settings.hosts[name]);
  }

  /** Shows what goes on, a line an event. */
  protected async progress(flags: ConnectFlags): Promise<{ emit: Emit; close: () => Promise<void> }> {
    if (this.jsonEnabled()) return { emit: () => undefined, close: async () => undefined };
    const { plainView } = await import('./deploy/plain.js');
    return plainView((line) => this.note(line), flags.verbose);
  }

  /** Asks with what is about to be done, unless that was agreed to beforehand. */
  protected async confirmSteps(steps: readonly string[], question: string, flags: { yes: boolean }): Promise<void> {
    if (flags.yes) return;
    for (const step of steps) this.print(`To do: ${step}`);
    await this.confirm(question, flags);
  }

  /** What a dry run would do. */
  protected showSteps(steps: readonly string[]): void {
    if (steps.length === 0) return;
    for (const step of steps) this.print(`To do: ${step}`);
    this.note('Nothing was changed. Next: the same command without --dry-run.');
  }
}

export const dryRunFlag = Flags.boolean({
  description: 'Look, show what would be done, and change nothing.',
  default: false,
});

export const yesFlag = Flags.boolean({ char: 'y', description: 'Do not ask before the change.', default: false });
