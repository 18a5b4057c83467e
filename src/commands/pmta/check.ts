import { buffer } from 'node:stream/consumers';
import { Args, Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { EXIT, EeError } from '../../lib/errors.js';
import { printableJson } from '../../lib/printable.js';
import type { CheckedFile, NamedFile } from '../../lib/pmta/check-files.js';
import { TARGETS, type Target } from '../../lib/pmta/lint/rule.js';
import type { Problem } from '../../lib/pmta/problem.js';
import type { Repair } from '../../lib/pmta/repair-files.js';

interface CheckResult {
  files: { file: string; problems: readonly Problem[] }[];
  fixed?: { file: string; problems: readonly Problem[]; copy?: string; diff?: string }[];
}

export default class PmtaCheck extends EeCommand {
  static override summary = 'Check PowerMTA configurations';
  static override description =
    'Looks for broken blocks, unknown or invented directives, dangling references, open relays, invalid expressions and settings ' +
    'that do not do what they seem to. Exit status 3 when there is an error; warnings and notes leave it at 0. ' +
    'A comment `# ee-ignore CODE -- why` at the end of a line, or before it, silences a rule there; docs/pmta-rules.md has all rules. ' +
    '`pmta test config` on the host has the last word.';
  static override examples = [
    '<%= config.bin %> pmta check /etc/pmta/config',
    '<%= config.bin %> pmta render --ips 5 | <%= config.bin %> pmta check -',
    '<%= config.bin %> pmta check old.conf new.conf --json',
    '<%= config.bin %> pmta check copy/etc/pmta/config --root copy --target 4.5',
    '<%= config.bin %> pmta check pmta.conf --fix --dry-run',
    '<%= config.bin %> pmta check pmta.conf --format sarif > pmta.sarif',
  ];
  static override strict = false;
  static override args = {
    file: Args.string({ description: 'configuration to check, or several; - for standard input', required: true }),
  };
  static override flags = {
    format: Flags.option({ options: ['text', 'sarif'] as const, default: 'text', description: 'form of the report' })(),
    sarif: Flags.boolean({ description: 'the same as --format sarif', default: false }),
    target: Flags.option({ options: TARGETS, description: 'version of PowerMTA; default: 5.0' })(),
    root: Flags.string({ description: 'follow includes; DIR stands for the root of the host', helpValue: 'DIR' }),
    fix: Flags.boolean({ description: 'repair what is safe to; the file as it was stays beside it', default: false }),
    'dry-run': Flags.boolean({
      description: 'with --fix: show the difference only',
      default: false,
      dependsOn: ['fix'],
    }),
  };

  async run(): Promise<CheckResult> {
    const { argv, flags } = await this.parse(PmtaCheck);
    const [{ loadCatalogue }, { checkFiles }, { readConfiguration }] = await Promise.all([
      import('../../lib/pmta/catalogue.js'),
      import('../../lib/pmta/check-files.js'),
      import('../../lib/pmta/read-configuration.js'),
    ]);
    const catalogue = loadCatalogue();
    let named: NamedFile[] = [];
    for (const file of new Set(argv as string[]))
      named.push({ file, bytes: file === '-' ? await buffer(process.stdin) : await readConfiguration(file) });
    const options = { ...(flags.target && { target: flags.target satisfies Target }), root: flags.root };

    let repairs: Repair[] | undefined;
    if (flags.fix) {
      this.#refuseReportOfFixedInput(named, flags);
      const { repairFiles } = await import('../../lib/pmta/repair-files.js');
      repairs = await repairFiles(named, catalogue, { ...options, dryRun: flags['dry-run'], now: new Date() });
      if (!flags['dry-run']) named = repairs.map(({ file, after }) => ({ file, bytes: after }));
    }
    const files = await checkFiles(named, catalogue, options);
    await this.#show(files, repairs, flags);
    if (files.some(({ problems }) => problems.some(({ severity }) => severity === 'error'))) this.exitWith(EXIT.found);
    return {
      files: files.map(({ file, problems }) => ({ file, problems })),
      ...(repairs && {
        fixed: repairs.map(({ file, repaired, copy, diff }) => ({
          file,
          problems: repaired,
          ...(copy !== undefined && { copy }),
          ...(flags['dry-run'] && { diff }),
        })),
      }),
    };
  }

  /** What comes from standard input is repaired to standard output, where a report would stand in its way. */
  #refuseReportOfFixedInput(named: readonly NamedFile[], flags: { sarif: boolean; format: string }): void {
    if (!named.some(({ file }) => file === '-')) return;
    if (named.length === 1 && !flags.sarif && flags.format === 'text' && !this.jsonEnabled()) return;
    throw new EeError('USAGE', {
      message: 'Standard input is repaired to standard output, which is taken by another file or a report.',
      hint: 'Repair it alone: ee pmta check - --fix < FILE > NEW.',
    });
  }

  async #show(
    files: readonly CheckedFile[],
    repairs: readonly Repair[] | undefined,
    flags: { sarif: boolean; format: string; 'dry-run': boolean },
  ): Promise<void> {
    if (this.jsonEnabled()) return;
    const { showRepair, showProblems, problemCount } = await import('../../lib/pmta/show-problems.js');
    const filter = repairs?.find(({ file }) => file === '-');
    if (filter && !flags['dry-run']) this.give(filter.after);
    const say = filter || flags.sarif || flags.format === 'sarif' ? this.note.bind(this) : this.print.bind(this);
    for (const repair of repairs ?? []) for (const line of showRepair(repair, flags['dry-run'])) say(line);
    if (flags.sarif || flags.format === 'sarif') {
      const { sarifReport } = await import('../../lib/pmta/sarif.js');
      return this.give(`${printableJson(JSON.stringify(sarifReport(files, this.config.version), null, 2))}\n`);
    }
    for (const { file, bytes, problems } of files) for (const line of showProblems(file, bytes, problems)) say(line);
    say(
      problemCount(
        files.flatMap(({ problems }) => problems),
        files.length,
      ),
    );
  }
}
