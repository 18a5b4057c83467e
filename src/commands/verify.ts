import { dirname, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { LEVELS } from '../lib/backup/report.js';
import type { VerificationReport } from '../lib/backup/report.js';
import { EeCommand } from '../lib/cli/ee-command.js';
import { adaptationFlags, withAdaptationFlags, type AdaptationFlags } from '../lib/cli/pmta/adaptation-flags.js';
import { EXIT } from '../lib/errors.js';
import type { Settings } from '../lib/settings/settings.js';

interface Places {
  readonly dir: string;
  readonly against: string | undefined;
  readonly repositoriesOf: readonly string[];
  /** Absent where DIR is named: then nothing is rendered. */
  readonly settings: Settings | undefined;
}

export default class Verify extends EeCommand {
  static override summary = 'Verify the backup set: every byte, every archive member, and what is used of it';

  static override description = `Reads each file of the set once, hashing and inflating it at the same time, and writes nothing into the set.

Checked are: names and roles (any date); gzip to the end of its last member with nothing after it; the structure of tar and unsafe members; that the application is MailWizz, which version and at which depth; the fields of the licence; that the PowerMTA configuration is one and parses, with the files of the set that it includes; without DIR, that it can be rendered with the settings and their overlay, without a line being lost that --drop does not name; and the SHA-256 of all files against the original and against the manifests: DIR.sha256 beside the set, and SHA256SUMS in it, where they exist.

Levels: quick looks at names and sizes only, so that its best verdict is DEGRADED; full (the default) reads everything; restore also unpacks the application into a temporary folder, compares what came out, and has PHP check its entry points where PHP is installed.

Verdicts: VERIFIED; DEGRADED, where what is used is sound but something else is to be known; CORRUPT, where something that is used is missing, damaged or unclear, or where git tracks what it must not; NOT-CHECKED, where nothing could be checked. The exit status is 0 for the first two, else 3.`;

  static override examples = [
    '<%= config.bin %> verify',
    '<%= config.bin %> verify mailwizz-email-engine --against /mnt/backup-cold --write-manifest',
    '<%= config.bin %> verify --level restore --json',
  ];

  static override args = {
    dir: Args.string({ name: 'DIR', description: 'The backup set. Default: BACKUP_DIR of the settings.' }),
  };

  static override flags = {
    against: Flags.string({
      description:
        'The original that the set was copied from. Default, without DIR: BACKUP_SOURCE_DIR of the settings.',
      helpValue: 'DIR',
    }),
    level: Flags.option({ description: 'How much is done.', options: LEVELS, default: 'full' as const })(),
    ...adaptationFlags,
    'write-manifest': Flags.boolean({
      description:
        'Write the SHA-256 of all files to DIR.sha256 beside the set, in the format of sha256sum, if the set is sound.',
      default: false,
    }),
  };

  async run(): Promise<VerificationReport & { manifest?: string }> {
    const { args, flags } = await this.parse(Verify);
    const [{ nextStep, presentReport, readable }, { verifyBackupSet }, { writeManifest }, { examinationFor }] =
      await Promise.all([
        import('../lib/backup/present.js'),
        import('../lib/backup/verify-set.js'),
        import('../lib/backup/manifest.js'),
        import('../lib/deploy/examine-rendering.js'),
      ]);
    const { dir, against, repositoriesOf, settings } = await this.#places(args.dir, flags);
    const start = performance.now();
    const report = await verifyBackupSet(dir, {
      level: flags.level,
      against,
      repositoriesOf,
      signal: this.signal,
      examineConfig: examinationFor(settings),
    });
    const seconds = (performance.now() - start) / 1000;
    for (const line of presentReport(report)) this.print(line);
    const next = nextStep(report);
    if (next !== undefined) this.note(next);
    const rate = readable(report.totals.bytes / Math.max(seconds, 0.001));
    if (report.totals.checked > 0)
      this.note(`${readable(report.totals.bytes)} read in ${seconds.toFixed(1)} s (${rate}/s)`);
    if (report.verdict !== 'VERIFIED' && report.verdict !== 'DEGRADED') {
      this.exitWith(EXIT.found);
      if (flags['write-manifest']) this.note('No manifest was written: the set is not sound.');
      return report;
    }
    if (!flags['write-manifest']) return report;
    const manifest = await writeManifest(report);
    this.note(`Wrote ${manifest}`);
    return { ...report, manifest };
  }

  /** The set and its original, from the arguments alone where DIR is given, else with the settings as defaults. */
  async #places(
    dir: string | undefined,
    flags: AdaptationFlags & { against?: string | undefined; 'env-file'?: string | undefined },
  ): Promise<Places> {
    if (dir !== undefined)
      return { dir, against: flags.against, repositoriesOf: [dirname(resolve(dir)), dir], settings: undefined };
    const settings = withAdaptationFlags(await this.settings(flags), flags);
    const { file, backup } = settings;
    return {
      dir: backup.dir,
      against: flags.against ?? backup.sourceDir,
      repositoriesOf: [dirname(file), dirname(resolve(backup.dir)), backup.dir],
      settings,
    };
  }
}
