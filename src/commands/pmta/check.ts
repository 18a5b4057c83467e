import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { Args } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { EXIT, EeError } from '../../lib/errors.js';
import type { Problem } from '../../lib/pmta/problem.js';

interface CheckResult {
  files: { file: string; problems: Problem[] }[];
}

export default class PmtaCheck extends EeCommand {
  static override summary = 'Check PowerMTA configurations';
  static override description =
    'Looks for broken blocks, unknown or invented directives, dangling references, open relays, invalid expressions and settings ' +
    'that do not do what they seem to. Exit status 3 when there is an error; warnings and notes leave it at 0. ' +
    '`pmta test config` on the host has the last word.';
  static override examples = [
    '<%= config.bin %> pmta check /etc/pmta/config',
    '<%= config.bin %> pmta render --ips 5 | <%= config.bin %> pmta check -',
    '<%= config.bin %> pmta check old.conf new.conf --json',
  ];
  static override strict = false;
  static override args = {
    file: Args.string({ description: 'configuration to check, or several; - for standard input', required: true }),
  };

  async run(): Promise<CheckResult> {
    const { argv } = await this.parse(PmtaCheck);
    const [{ loadCatalogue }, { lint }, { parseDocument }, { problemCount, showProblems }] = await Promise.all([
      import('../../lib/pmta/catalogue.js'),
      import('../../lib/pmta/lint.js'),
      import('../../lib/pmta/parse.js'),
      import('../../lib/pmta/show-problems.js'),
    ]);
    const catalogue = loadCatalogue();
    const read = await Promise.all((argv as string[]).map(async (file) => ({ file, bytes: await contentOf(file) })));
    const files = read.map(({ file, bytes }) => ({ file, bytes, problems: lint(parseDocument(bytes), catalogue) }));

    for (const { file, bytes, problems } of files) {
      for (const line of showProblems(file, bytes, problems)) this.print(line);
    }
    const all = files.flatMap(({ problems }) => problems);
    this.print(problemCount(all, files.length));
    if (all.some(({ severity }) => severity === 'error')) this.exitWith(EXIT.found);
    return { files: files.map(({ file, problems }) => ({ file, problems })) };
  }
}

async function contentOf(file: string): Promise<Buffer> {
  if (file === '-') return buffer(process.stdin);
  try {
    return await readFile(file);
  } catch (cause) {
    const reason =
      cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new EeError(
      'USAGE',
      { message: `${file} ${reason}.`, hint: 'Name a PowerMTA configuration, or - for standard input.' },
      { cause },
    );
  }
}
