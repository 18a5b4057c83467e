import { Flags } from '@oclif/core';
import type { Emit } from '../../converge/events.js';
import type { PmtaApplyOutcome } from '../../deploy/pmta/apply.js';
import type { Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { EeCommand } from '../ee-command.js';

interface ConnectFlags {
  readonly verbose: boolean;
  readonly 'accept-new-host-key': boolean;
}

/** What commands that work on the PowerMTA of VPS2 have in common. */
export abstract class Vps2Command extends EeCommand {
  static override baseFlags = {
    ...EeCommand.baseFlags,
    'accept-new-host-key': Flags.boolean({
      description: 'Trust the key of a host that known_hosts does not name yet. A changed key is never accepted.',
      default: false,
    }),
  };

  /** Connects to VPS2, and closes the connection whatever comes of it. */
  protected async onVps2<T>(settings: Settings, flags: ConnectFlags, use: (host: Host) => Promise<T>): Promise<T> {
    const host = await this.connectVps2(settings, flags);
    try {
      return await use(host);
    } finally {
      await host.close();
    }
  }

  /** Connects to VPS2. The caller closes the connection. */
  protected async connectVps2(settings: Settings, flags: ConnectFlags): Promise<Host> {
    const { connector } = await import('../connector.js');
    const connect = connector({ ...flags, signal: this.signal, interactive: this.interactive });
    this.note(`Connecting to vps2 (${settings.hosts.vps2.address})`);
    return connect(settings.hosts.vps2);
  }

  /** Shows what goes on, a line an event. */
  protected async progress(flags: ConnectFlags): Promise<{ emit: Emit; close: () => Promise<void> }> {
    if (this.jsonEnabled()) return { emit: () => undefined, close: async () => undefined };
    const { plainView } = await import('../deploy/plain.js');
    return plainView((line) => this.note(line), flags.verbose);
  }

  /** The end of an application, for people. */
  protected showOutcome({ status, changes, retiring, loaded, notes }: PmtaApplyOutcome): void {
    if (status === 'unchanged') this.print('vps2 has this configuration already. Nothing was changed.');
    if (status === 'planned') {
      for (const { summary, detail } of changes) {
        this.print(`To do: ${summary}`);
        if (detail !== undefined) this.printDiff(detail);
      }
      if (retiring.length > 0) this.print(`Stay until no mail waits for them: ${retiring.join(', ')}.`);
      this.note('All checks passed; nothing was changed. Next: the same command without --dry-run.');
    }
    if (status === 'changed') {
      for (const { summary } of changes) this.print(`Done: ${summary}`);
      if (loaded) this.print('PowerMTA runs with it: virtual MTAs, listeners and provider limits were read back.');
    }
    for (const note of notes) this.print(`Note: ${note}`);
  }

  protected printDiff(diff: string): void {
    this.print(diff.trimEnd() || 'They differ in a value that is not shown: a password.');
  }
}

/** The number of sending IPs that a configuration is for. */
export const ipsFlag = Flags.integer({
  description: 'For the first N sending IPs. Default: all of them.',
  helpValue: 'N',
  min: 1,
});

export const overwriteDriftFlag = Flags.boolean({
  description: 'Replace a configuration that somebody else changed on the host; a copy is kept there.',
  default: false,
});

export const yesFlag = Flags.boolean({ char: 'y', description: 'Do not ask before the change.', default: false });

export const drainFlag = Flags.string({
  description: 'How long to wait until no mail waits for virtual MTAs that go: 90s, 30m, 2h; 0 for not at all.',
  helpValue: 'TIME',
  default: '30m',
});
