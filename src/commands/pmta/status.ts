import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { screenWidth } from '../../lib/cli/output/standard-streams.js';
import type { View } from '../../lib/deploy/pmta-status/pmta-status.js';
import type { Connect } from '../../lib/deploy/connections.js';
import { EXIT } from '../../lib/errors.js';
import type { Settings } from '../../lib/settings/settings.js';

export default class PmtaStatus extends EeCommand {
  static override summary = 'Show how PowerMTA is: queues, virtual MTAs, backoff, traffic, licence';
  static override description =
    'Asks PowerMTA on VPS2 itself, in one round trip, and changes nothing. What it does not tell is shown as unknown. ' +
    'Status 3 when something is wrong: it does not run, a source address is disabled, a virtual MTA is not as the settings say, ' +
    'the licence has expired. Backoff and paused queues are warnings, which leave it at 0. Status 4 when VPS2 cannot be reached. ' +
    'With --watch it looks again and again until Ctrl-C or until nobody reads it, which ends it with status 130; with --json too, one document a line.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    "<%= config.bin %> <%= command.id %> --domain '*.example.net' --vmta vmta-mail2 --queues 20",
    '<%= config.bin %> <%= command.id %> --watch --interval 2',
    '<%= config.bin %> <%= command.id %> --json --strict',
  ];
  static override flags = {
    queues: Flags.integer({
      description: 'Show N queues, worst first.',
      helpValue: 'N',
      default: 10,
      min: 0,
      max: 1000,
    }),
    domain: Flags.string({
      description: 'Only queues of domains like PATTERN, in which * and ? stand for anything.',
      helpValue: 'PATTERN',
      parse: async (pattern) => pattern.toLowerCase(),
    }),
    vmta: Flags.string({ description: 'Only this virtual MTA and its queues.', helpValue: 'NAME' }),
    strict: Flags.boolean({ description: 'Status 3 for warnings too.', default: false }),
    watch: Flags.boolean({ description: 'Look again and again, until Ctrl-C.', default: false }),
    interval: Flags.integer({
      description: 'Seconds between two looks. Default: 5.',
      helpValue: 'SECONDS',
      min: 1,
      max: 86_400,
      dependsOn: ['watch'],
    }),
    'accept-new-host-key': Flags.boolean({
      description: 'Trust the key of a host that known_hosts does not name yet.',
      default: false,
    }),
  };

  async run(): Promise<Record<string, unknown> | undefined> {
    const { flags } = await this.parse(PmtaStatus);
    const settings = await this.settings(flags);
    const { connector } = await import('../../lib/cli/connector.js');
    const connect = connector({ ...flags, signal: this.signal, interactive: this.interactive });
    const view = { queues: flags.queues, domain: flags.domain, virtualMta: flags.vmta };
    if (flags.watch) return this.#watch(settings, view, connect, flags.interval ?? 5);
    return this.#once(settings, view, connect, flags.strict);
  }

  async #once(settings: Settings, view: View, connect: Connect, strict: boolean): Promise<Record<string, unknown>> {
    const [{ hasErrors, pmtaStatus }, { statusDocument }, { statusLines }] = await Promise.all([
      import('../../lib/deploy/pmta-status/pmta-status.js'),
      import('../../lib/cli/pmta/status-document.js'),
      import('../../lib/cli/pmta/status-text.js'),
    ]);
    const status = await pmtaStatus(settings, view, connect);
    this.printStyled(statusLines(status, { width: screenWidth() }).join('\n'));
    if (hasErrors(status) || (strict && status.problems.length > 0)) this.exitWith(EXIT.found);
    return statusDocument(status);
  }

  async #watch(settings: Settings, view: View, connect: Connect, interval: number): Promise<undefined> {
    this.jsonLines = true;
    const [{ watchPmta }, { blockView, jsonView, pauseOf, screenView }] = await Promise.all([
      import('../../lib/deploy/pmta-status/pmta-status.js'),
      import('../../lib/cli/pmta/watch-view.js'),
    ]);
    const { signal } = this;
    const shown = this.jsonEnabled()
      ? jsonView((document) => this.logJson(document))
      : process.stdout.isTTY
        ? screenView(process.stdout, interval, this.redact)
        : blockView((text) => this.printStyled(text));
    try {
      for await (const look of watchPmta(settings, view, connect, { signal, pause: pauseOf(interval, signal) })) {
        shown.show(look);
        await this.caughtUp();
      }
    } finally {
      shown.close();
    }
    this.exitWith(EXIT.interrupted);
  }
}
