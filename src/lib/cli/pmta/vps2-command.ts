import { Flags } from '@oclif/core';
import type { Change } from '../../converge/resource.js';
import type { PmtaApplyOutcome } from '../../deploy/pmta/apply.js';
import type { Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { type ConnectFlags, HostCommand } from '../host-command.js';

/** What commands that work on the PowerMTA of VPS2 have in common. */
export abstract class Vps2Command extends HostCommand {
  protected onVps2<T>(settings: Settings, flags: ConnectFlags, use: (host: Host) => Promise<T>): Promise<T> {
    return this.onHost('vps2', settings, flags, use);
  }

  /** Connects to VPS2. The caller closes the connection. */
  protected connectVps2(settings: Settings, flags: ConnectFlags): Promise<Host> {
    return this.connectTo('vps2', settings, flags);
  }

  /** The end of an application, for people. */
  protected showOutcome({ status, changes, retiring, loaded, notes }: PmtaApplyOutcome): void {
    if (status === 'unchanged') this.print('vps2 has this configuration already. Nothing was changed.');
    if (status === 'planned') {
      this.showChanges(changes);
      if (retiring.length > 0) this.print(`Stay until no mail waits for them: ${retiring.join(', ')}.`);
      this.note('All checks passed; nothing was changed. Next: the same command without --dry-run.');
    }
    if (status === 'changed') {
      for (const { summary } of changes) this.print(`Done: ${summary}`);
      if (loaded) this.print('PowerMTA runs with it: virtual MTAs, listeners and provider limits were read back.');
    }
    for (const note of notes) this.print(`Note: ${note}`);
  }

  /** What is about to be done, with its differences. */
  protected showChanges(changes: readonly Change[]): void {
    for (const { summary, detail } of changes) {
      this.print(`To do: ${summary}`);
      if (detail !== undefined) this.printDiff(detail);
    }
  }

  protected printDiff(diff: string): void {
    this.print(diff.trimEnd());
  }
}

export { dryRunFlag, yesFlag } from '../host-command.js';

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

export const drainFlag = Flags.string({
  description: 'How long to wait until no mail waits for virtual MTAs that go: 90s, 30m, 2h; 0 for not at all.',
  helpValue: 'TIME',
  default: '30m',
});
