import { Flags } from '@oclif/core';
import type { Connections } from '../../deploy/connections.js';
import type { HostOutcome } from '../../deploy/deploy.js';
import type { Gathered } from '../../deploy/gather.js';
import { EXIT } from '../../errors.js';
import type { HostName, Settings } from '../../settings/settings.js';
import { EeCommand } from '../ee-command.js';
import { deployDocument, deployText, exitOf, totals } from './present.js';
import { withAdaptationFlags, type AdaptationFlags } from '../pmta/adaptation-flags.js';
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
    const settings = withAdaptationFlags(await this.settings(flags), flags);
    // A set that is not sound stops the run here, before any host is touched.
    const gather = await this.#gatherer(settings, hosts, flags);
    const gathered = await gather(false);
    for (const doubt of gathered.doubts) this.note(`Warning: ${doubt}`);
    const connections = await this.#connect(settings, hosts, flags);
    const { closeAll } = await import('../../deploy/connections.js');
    try {
      const cut = await this.#cutWork(connections);
      const outcomes = await this.#deploy(
        settings,
        gathered,
        connections,
        async () => (await gather(true)).inputs,
        flags,
      );
      return this.#present(outcomes, { ...gathered, waiting: [...gathered.waiting, ...cut] }, flags);
    } finally {
      await closeAll(connections);
    }
  }

  async #deploy(
    settings: Settings,
    gathered: Gathered,
    connections: Connections,
    make: () => Promise<Gathered['inputs']>,
    flags: DeployFlags,
  ): Promise<HostOutcome[]> {
    const [{ deploy }, { newRun }] = await Promise.all([
      import('../../deploy/deploy.js'),
      import('../../deploy/who.js'),
    ]);
    const hosts = [...connections.keys()];
    let view = await this.#view(hosts, flags.verbose);
    try {
      return await deploy(settings, gathered, connections, {
        dryRun: flags['dry-run'],
        run: newRun(),
        emit: (event) => view.emit(event),
        signal: this.signal,
        make,
        confirm: async (planned) => {
          if (flags.yes) return;
          await view.close();
          this.print(deployText(planned, { ...flags, brief: true }));
          await this.confirm(`Make these ${totals(planned)}?`, flags);
          view = await this.#view(hosts, flags.verbose);
          for (const { host, changes } of planned) view.emit({ kind: 'planned', host, changes });
        },
      });
    } finally {
      await view.close();
      this.#drawn = view.showsOutcome;
    }
  }

  #drawn = false;

  async #gatherer(
    settings: Settings,
    hosts: readonly HostName[],
    { 'overwrite-drift': overwriteDrift = false }: DeployFlags,
  ): Promise<(make: boolean) => Promise<Gathered>> {
    const [{ soundBackup }, { gather }, { lookUpWebNames }] = await Promise.all([
      import('../../deploy/sound-backup.js'),
      import('../../deploy/gather.js'),
      import('../../deploy/web-names.js'),
    ]);
    this.note(`Verifying the backup set in ${settings.backup.dir}`);
    const [used, names] = await Promise.all([
      soundBackup(settings, this.signal),
      lookUpWebNames(settings, hosts, this.signal),
    ]);
    return (make) => gather(settings, used, { hosts, make, names, overwriteDrift });
  }

  /** Before anything is drawn, since it may ask about host keys. */
  async #connect(settings: Settings, hosts: readonly HostName[], flags: DeployFlags): Promise<Connections> {
    const [{ connectAll }, { connector }] = await Promise.all([
      import('../../deploy/connections.js'),
      import('../connector.js'),
    ]);
    this.note(`Connecting to ${hosts.map((host) => `${host} (${settings.hosts[host].address})`).join(', ')}`);
    return connectAll(settings, hosts, connector({ ...flags, signal: this.signal, interactive: this.interactive }));
  }

  async #cutWork(connections: Connections): Promise<string[]> {
    const vps1 = connections.get('vps1');
    if (vps1 === undefined) return [];
    const { cutPanelWork } = await import('../../deploy/cut-panel-work.js');
    const cut = await cutPanelWork(vps1, this.signal);
    return cut === undefined ? [] : [cut];
  }

  async #view(hosts: readonly HostName[], verbose: boolean): Promise<DeployView> {
    if (this.jsonEnabled()) return { emit: () => undefined, showsOutcome: false, close: async () => undefined };
    if (process.stderr.isTTY && process.stdout.isTTY && !verbose)
      return (await import('./listr.js')).listrView(hosts, this.redact);
    return (await import('./plain.js')).plainView((line) => this.note(line), verbose);
  }

  #present(
    outcomes: readonly HostOutcome[],
    { missing, doubts, waiting }: Gathered,
    flags: DeployFlags,
  ): Record<string, unknown> {
    const text = deployText(outcomes, { ...flags, troublesOnly: this.#drawn && !flags['dry-run'] });
    if (text) this.print(text);
    const exit = exitOf(outcomes);
    const differs = outcomes.some(({ status }) => status === 'planned');
    this.exitWith(exit === EXIT.done && flags['exit-code'] && differs ? EXIT.found : exit);
    if (differs && exit === EXIT.done)
      this.note(`${totals(outcomes)} to make; nothing was changed. Next: the same command without --dry-run.`);
    if (outcomes.some(({ status }) => status === 'changed')) {
      const keys = missing.filter(({ kind }) => kind === 'DKIM key').map(({ domain }) => domain);
      if (keys.length > 0) this.note(`New DKIM keys: ${keys.join(', ')}. Publish them: \`ee dns records\` shows how.`);
      if (exit === EXIT.done) this.note('Next: `ee status` shows what runs.');
    }
    // At the end, where it is read: it says what is to be done.
    for (const one of waiting) this.note(one);
    return deployDocument(outcomes, [...doubts, ...waiting]);
  }
}

export interface DeployFlags extends AdaptationFlags {
  readonly 'env-file'?: string | undefined;
  readonly verbose: boolean;
  readonly 'dry-run': boolean;
  readonly 'exit-code': boolean;
  readonly yes: boolean;
  readonly 'accept-new-host-key': boolean;
  /** Of the commands that deploy VPS2. */
  readonly 'overwrite-drift'?: boolean;
}
