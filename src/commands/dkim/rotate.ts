import { Flags } from '@oclif/core';
import { secondsOf } from '../../lib/cli/pmta/seconds.js';
import { Vps2Command, yesFlag } from '../../lib/cli/pmta/vps2-command.js';
import { EXIT, EeError, type Exit } from '../../lib/errors.js';
import type { DomainReport } from '../../lib/rotation/report.js';
import type { RotationRequest } from '../../lib/rotation/rotate.js';
import type { Site } from '../../lib/rotation/site.js';
import type { Waited } from '../../lib/rotation/wait.js';
import type { Settings } from '../../lib/settings/settings.js';
import type { Host } from '../../lib/ssh/host.js';

export default class DkimRotate extends Vps2Command {
  static override summary = 'Replace DKIM keys without a gap';
  static override description =
    'Makes a new key, waits until DNS has answered with it for long enough, lets PowerMTA sign with it, proves it by a message through ' +
    'each sender, and takes the former key out of DNS when no mail of it can be on its way any more. It does what it can now, says ' +
    'what it waits for and what to publish, and goes on in the next run. Without --domain or --all it continues the rotations that ' +
    'are under way, and begins none. A domain whose keys are not in order fails alone. Status 1 when that is so, or a new key did not ' +
    'come into force; 3 when DNS has a wrong record, or not what --wait waited for.';
  static override examples = [
    { description: 'Begin for every domain', command: '<%= config.bin %> <%= command.id %> --all' },
    { description: 'Go on, as often as you like', command: '<%= config.bin %> <%= command.id %>' },
    '<%= config.bin %> <%= command.id %> --domain mail1.example.com --wait --timeout 3h --yes',
    {
      description: 'A key has leaked',
      command: '<%= config.bin %> <%= command.id %> --domain mail1.example.com --emergency --wait',
    },
  ];
  static override flags = {
    domain: Flags.string({
      description: 'Begin or continue the rotation of this domain. May be given several times.',
      helpValue: 'DOMAIN',
      multiple: true,
      default: [],
    }),
    all: Flags.boolean({
      description: 'Begin one for each domain that has none under way, and continue the others.',
      default: false,
      exclusive: ['domain'],
    }),
    emergency: Flags.boolean({
      description: 'The present keys are known to others: replace them at once, and revoke them without a grace.',
      default: false,
    }),
    wait: Flags.boolean({
      description: 'Look at DNS again and again, until nothing can go on in time.',
      default: false,
    }),
    timeout: Flags.string({
      description: 'How long to wait: 90s, 30m, 3h.',
      helpValue: 'TIME',
      default: '2h',
      dependsOn: ['wait'],
    }),
    'dry-run': Flags.boolean({ description: 'Show what would be done; change nothing.', default: false }),
    yes: yesFlag,
  };

  async run(): Promise<Record<string, unknown>> {
    const { flags } = await this.parse(DkimRotate);
    const timeout = secondsOf(flags.timeout, '--timeout');
    if (flags.emergency && !flags.all && flags.domain.length === 0) throw leakOfWhat();
    const settings = await this.settings(flags);
    const [{ chosenDomains }, { withKeyRoom }] = await Promise.all([
      import('../../lib/rotation/chosen-domains.js'),
      import('../../lib/rotation/key-room.js'),
    ]);
    const domains = await chosenDomains(settings, { domains: flags.domain, all: flags.all });
    const request = { domains, begin: flags.all || flags.domain.length > 0, emergency: flags.emergency };
    if (domains.length === 0) return this.#present(NOTHING, flags['dry-run']);
    const work = () => this.#work(settings, request, { ...flags, seconds: flags.wait ? timeout : undefined });
    return this.#present(
      flags['dry-run'] ? await work() : await withKeyRoom(settings.secretsDir, work),
      flags['dry-run'],
    );
  }

  /** Rotates on real keys, DNS and host; the connection is made when the host is needed, and closed whatever comes. */
  async #work(settings: Settings, request: RotationRequest, flags: WorkFlags): Promise<Reported> {
    const [{ realSite }, { newRun }, { recordActions }] = await Promise.all([
      import('../../lib/rotation/real-site.js'),
      import('../../lib/deploy/who.js'),
      import('../../lib/rotation/records.js'),
    ]);
    const { emit, close } = await this.progress(flags);
    const opened: Host[] = [];
    const site = await realSite(settings, {
      run: newRun(),
      emit,
      signal: this.signal,
      tell: (sentence) => this.print(sentence),
      waiting: (minutes) => this.note(`Waiting; ${minutes} minutes are left.`),
      confirm: (intentions) => this.#confirmed(intentions, flags),
      connect: async () => {
        const host = await this.connectVps2(settings, flags);
        opened.push(host);
        return host;
      },
    });
    try {
      const { outcomes, ...rest } = await this.#rotated(request, site, flags);
      const reports = await Promise.all(
        outcomes.map(async (outcome) => ({ outcome, records: await recordActions(settings.secretsDir, outcome) })),
      );
      return { ...rest, reports };
    } finally {
      await Promise.all(opened.map((host) => host.close()));
      await close();
    }
  }

  async #rotated(request: RotationRequest, site: Site, { seconds, 'dry-run': dryRun }: WorkFlags): Promise<Waited> {
    const { intendedRotation, rotate } = await import('../../lib/rotation/rotate.js');
    if (dryRun) return { ...(await intendedRotation(request, site)), timedOut: false };
    if (seconds === undefined) return { ...(await rotate(request, site)), timedOut: false };
    return (await import('../../lib/rotation/wait.js')).rotateAndWait(request, site, seconds);
  }

  async #confirmed(intentions: readonly string[], flags: WorkFlags): Promise<void> {
    for (const intention of intentions) this.note(`- ${intention}`);
    await this.confirm('Do this?', flags);
  }

  async #present(reported: Reported, dryRun: boolean): Promise<Record<string, unknown>> {
    const { reports, failed, timedOut } = reported;
    const { failedDocument, reportDocument, reportLines } = await import('../../lib/rotation/report.js');
    for (const line of reportLines(reports, failed, dryRun)) this.print(line);
    const waits = reports.some(({ outcome }) => outcome.waits.length > 0);
    if (reports.length + failed.length === 0)
      this.print('No rotation is under way. `ee dkim rotate --all` begins one; so does --domain DOMAIN.');
    else if (dryRun) this.note('Nothing was changed. Next: the same command without --dry-run.');
    else if (timedOut)
      this.note('--timeout ends before DNS has, for long enough, what is needed: `ee dkim rotate` goes on.');
    else if (waits) this.note('Next: `ee dkim rotate` goes on when it can; `ee dkim status` shows when that is.');
    this.exitWith(exitOf(reported));
    return { dryRun, timedOut, domains: reportDocument(reports), failed: failedDocument(failed) };
  }
}

/** What came of it, with what is to do in DNS. */
interface Reported extends Pick<Waited, 'failed' | 'timedOut'> {
  readonly reports: readonly DomainReport[];
}

const NOTHING: Reported = { reports: [], failed: [], timedOut: false };

interface WorkFlags {
  readonly verbose: boolean;
  readonly 'accept-new-host-key': boolean;
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  /** How long to wait; nothing for not at all. */
  readonly seconds: number | undefined;
}

function exitOf({ reports, failed, timedOut }: Reported): Exit {
  if (failed.length > 0 || reports.some(({ outcome }) => outcome.failure !== undefined)) return EXIT.failed;
  const isWrong = reports.some(({ outcome }) => outcome.waits.some((wait) => wait.for === 'correction'));
  return isWrong || timedOut ? EXIT.found : EXIT.done;
}

const leakOfWhat = (): EeError =>
  new EeError('USAGE', {
    message: '--emergency does not say whose keys are known to others.',
    hint: 'Name the domains with --domain DOMAIN, or all of them with --all.',
  });
