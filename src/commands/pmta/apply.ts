import { Flags } from '@oclif/core';
import { adaptationFlags, withAdaptationFlags } from '../../lib/cli/pmta/adaptation-flags.js';
import { secondsOf } from '../../lib/cli/pmta/seconds.js';
import { drainFlag, ipsFlag, overwriteDriftFlag, Vps2Command, yesFlag } from '../../lib/cli/pmta/vps2-command.js';
import type { PmtaApplyOutcome } from '../../lib/deploy/pmta/apply.js';

export default class PmtaApply extends Vps2Command {
  static override summary = 'Put the PowerMTA configuration into force on VPS2, safely';
  static override description =
    'Checks the host (addresses, keys, ports, disk) and DNS (A and PTR of every sending IP), tests the new configuration beside the ' +
    'running one, replaces it with a copy kept, reloads PowerMTA, and reads back virtual MTAs, listeners and provider limits. On any ' +
    'doubt the former configuration returns. A virtual MTA that goes stays until its queue is empty. Packages, keys and addresses ' +
    'are the business of `ee deploy vps2`, which uses the same steps.';
  static override examples = [
    { description: 'What would change, with all checks', command: '<%= config.bin %> pmta apply --dry-run' },
    '<%= config.bin %> pmta apply --ips 5 --yes',
    {
      description: 'Replace what somebody changed on the host',
      command: '<%= config.bin %> pmta apply --overwrite-drift',
    },
    {
      description: 'Do not wait for queues',
      command: '<%= config.bin %> pmta apply --yes --drain-timeout 0 --json',
    },
  ];
  static override flags = {
    ips: ipsFlag,
    ...adaptationFlags,
    'dry-run': Flags.boolean({ description: 'Check and show what would change; change nothing.', default: false }),
    yes: yesFlag,
    'overwrite-drift': overwriteDriftFlag,
    'ignore-dns': Flags.boolean({ description: 'Do not ask DNS about the sending IPs.', default: false }),
    'drain-timeout': drainFlag,
  };

  async run(): Promise<PmtaApplyOutcome & { host: string }> {
    const { flags } = await this.parse(PmtaApply);
    const drainTimeout = secondsOf(flags['drain-timeout'], '--drain-timeout');
    const settings = withAdaptationFlags(await this.settings(flags), flags);
    const [{ soundConfiguration }, { pmtaApply }, { keysKnownHere }, { knownKeys }, { dnsResolver }, { newRun }] =
      await Promise.all([
        import('../../lib/deploy/pmta/wanted-configuration.js'),
        import('../../lib/deploy/pmta/apply.js'),
        import('../../lib/deploy/known-keys.js'),
        import('../../lib/roles/known-keys.js'),
        import('../../lib/dns/resolver.js'),
        import('../../lib/deploy/who.js'),
      ]);
    this.note(`Verifying the backup set in ${settings.backup.dir}`);
    const content = await soundConfiguration(settings, flags.ips, this.signal);
    const keys = await keysKnownHere(settings);
    const { emit, close } = await this.progress(flags);
    const outcome = await this.onVps2(settings, flags, (host) =>
      pmtaApply(host, content, {
        dryRun: flags['dry-run'],
        overwriteDrift: flags['overwrite-drift'],
        conditions: [knownKeys(keys)],
        resolver: flags['ignore-dns'] ? undefined : dnsResolver(settings.dns.resolvers),
        drainTimeout,
        run: newRun(),
        emit,
        signal: this.signal,
        confirm: async (changes) => {
          if (flags.yes) return;
          this.showChanges(changes);
          await this.confirm('Put this configuration into force on vps2?', flags);
        },
      }),
    ).finally(close);
    this.showOutcome(outcome);
    return { host: 'vps2', ...outcome };
  }
}
