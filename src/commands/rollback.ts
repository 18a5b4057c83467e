import { Args, Flags } from '@oclif/core';
import { secondsOf } from '../lib/cli/pmta/seconds.js';
import { drainFlag, dryRunFlag, overwriteDriftFlag, Vps2Command, yesFlag } from '../lib/cli/pmta/vps2-command.js';
import { configurationLine, panelLine, stayNotes } from '../lib/cli/kept-lines.js';
import { EeError, EXIT } from '../lib/errors.js';
import { HOST_NAMES, type HostName, type Settings } from '../lib/settings/settings.js';

export default class Rollback extends Vps2Command {
  static override summary = 'Bring back an earlier PowerMTA configuration on VPS2, or an earlier panel on VPS1';
  static override description =
    'vps2: takes a configuration that an earlier run replaced and kept on the host, and puts it into force with the same steps as ' +
    '`ee pmta apply`: tested, reloaded, read back, and taken back itself on any doubt. Without --to it is the newest one that ' +
    'differs and that sends from a virtual MTA. The keys, addresses and packages of the host stay as they are; it is refused where a DKIM ' +
    'key of it is gone, its submission port is closed, or its login is not the one of MailWizz and the API. ' +
    'vps1: brings back the panel that `ee mailwizz install --replace`, `ee mailwizz upgrade` or a rollback replaced: its database row ' +
    'for row, its code, configuration and uploads. The one that is there is kept in its turn. Where such work was cut, it is taken ' +
    'back. VPS3 cannot be rolled back by this command.';
  static override examples = [
    { description: 'What there is to go back to', command: '<%= config.bin %> rollback vps2 --list' },
    '<%= config.bin %> rollback vps2',
    '<%= config.bin %> rollback vps2 --to 20260216T031500Z-a1b2c3 --yes --json',
    {
      description: 'Panels that are kept, and the last one as it was',
      command: '<%= config.bin %> rollback vps1 --list',
    },
    '<%= config.bin %> rollback vps1',
  ];
  static override args = {
    host: Args.string({ description: 'the host', required: true, options: [...HOST_NAMES] }),
  };
  static override flags = {
    to: Flags.string({ description: 'The run whose replaced configuration or panel returns.', helpValue: 'ID' }),
    list: Flags.boolean({ description: 'List what is kept, and change nothing.', default: false }),
    'dry-run': dryRunFlag,
    yes: yesFlag,
    'with-firewall': Flags.boolean({
      description: 'vps2: open the firewall for the submission ports of that configuration too.',
      default: false,
    }),
    'with-login': Flags.boolean({
      description: 'vps2: put PMTA_SMTP_USER and PMTA_SMTP_PASSWORD of the settings into that configuration.',
      default: false,
    }),
    'overwrite-drift': overwriteDriftFlag,
    'drain-timeout': drainFlag,
  };

  async run(): Promise<Record<string, unknown>> {
    const { args, flags, metadata } = await this.parse(Rollback);
    if (args.host === 'vps3') throw new EeError('ROLLBACK_UNSUPPORTED', { host: args.host as HostName });
    const settings = await this.settings(flags);
    if (args.host === 'vps1') {
      this.#assertNoneOfVps2(metadata.flags, flags);
      return flags.list ? this.#listPanels(settings, flags) : this.#rollBackPanel(settings, flags);
    }
    return flags.list ? this.#list(settings, flags) : this.#rollBack(settings, flags);
  }

  /** A panel has no drift and drains nothing: a flag that would be heeded by nobody is refused. */
  #assertNoneOfVps2(
    given: Readonly<Record<string, { setFromDefault?: boolean } | undefined>>,
    flags: RollbackFlags,
  ): void {
    for (const flag of ['with-firewall', 'with-login', 'overwrite-drift', 'drain-timeout'] as const) {
      if (flags[flag] === false || given[flag]?.setFromDefault) continue;
      throw new EeError('USAGE', {
        message: `--${flag} is for \`ee rollback vps2\`; a panel has nothing of the kind.`,
        hint: '`ee rollback --help` shows what it takes.',
      });
    }
  }

  async #list(settings: Settings, flags: RollbackFlags): Promise<Record<string, unknown>> {
    const { keptConfigurations } = await import('../lib/deploy/pmta/kept-configurations.js');
    const kept = await this.onVps2(settings, flags, (host) => keptConfigurations(host, this.signal));
    for (const one of kept) this.print(configurationLine(one));
    if (kept.length === 0) this.print('No run has replaced a configuration on vps2 yet.');
    return { host: 'vps2', configurations: kept };
  }

  async #rollBack(settings: Settings, flags: RollbackFlags): Promise<Record<string, unknown>> {
    const drainTimeout = secondsOf(flags['drain-timeout'], '--drain-timeout');
    const [{ rollBackConfiguration }, { newRun }] = await Promise.all([
      import('../lib/deploy/pmta/rollback.js'),
      import('../lib/deploy/who.js'),
    ]);
    const { emit, close } = await this.progress(flags);
    const done = await this.onVps2(settings, flags, (host) =>
      rollBackConfiguration(host, settings, {
        to: flags.to,
        withFirewall: flags['with-firewall'],
        withLogin: flags['with-login'],
        dryRun: flags['dry-run'],
        overwriteDrift: flags['overwrite-drift'],
        drainTimeout,
        run: newRun(),
        emit,
        signal: this.signal,
        confirm: async (changes, { id }) => {
          if (flags.yes) return;
          this.showChanges(changes);
          await this.confirm(`Bring back the configuration that run ${id} replaced?`, flags);
        },
      }),
    ).finally(close);
    this.showOutcome(done.outcome);
    const stay = stayNotes(done.outcome.status);
    if (!flags['dry-run']) for (const note of stay) this.note(note);
    return { host: 'vps2', to: done.kept.id, ...done.outcome, notes: [...done.outcome.notes, ...stay] };
  }

  async #listPanels(settings: Settings, flags: RollbackFlags): Promise<Record<string, unknown>> {
    const { keptPanels } = await import('../lib/deploy/mailwizz/panel/kept-panels.js');
    const panels = await this.onHost('vps1', settings, flags, (host) => keptPanels(host, this.signal));
    for (const one of panels) this.print(panelLine(one));
    if (panels.length === 0) this.print('No run has replaced the panel on vps1 yet.');
    return { host: 'vps1', panels };
  }

  async #rollBackPanel(settings: Settings, flags: RollbackFlags): Promise<Record<string, unknown>> {
    const [{ rollBackPanel }, { newRun }] = await Promise.all([
      import('../lib/deploy/mailwizz/rollback.js'),
      import('../lib/deploy/who.js'),
    ]);
    const { emit, close } = await this.progress(flags);
    const outcome = await this.onHost('vps1', settings, flags, (host) =>
      rollBackPanel(host, settings, {
        dryRun: flags['dry-run'],
        to: flags.to,
        run: newRun(),
        emit,
        signal: this.signal,
        confirm: (steps) => this.confirmSteps(steps, 'Bring the former panel back on vps1?', flags),
      }),
    ).finally(close);
    this.showSteps(outcome.steps);
    for (const { summary } of outcome.changes) this.print(`Done: ${summary}`);
    for (const problem of outcome.problems) this.print(`Problem: ${problem}`);
    if (outcome.status === 'planned') return { host: 'vps1', ...outcome };
    this.note(
      'Next: `ee mailwizz status` and `ee status` show whether delivery servers and the key of the API fit it.',
    );
    if (outcome.problems.length > 0) this.exitWith(EXIT.found);
    return { host: 'vps1', ...outcome };
  }
}

interface RollbackFlags {
  readonly 'env-file'?: string | undefined;
  readonly verbose: boolean;
  readonly 'accept-new-host-key': boolean;
  readonly to?: string | undefined;
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly 'with-firewall': boolean;
  readonly 'with-login': boolean;
  readonly 'overwrite-drift': boolean;
  readonly 'drain-timeout': string;
}
