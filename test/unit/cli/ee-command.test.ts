import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureOutput } from '@oclif/test';
import { Flags } from '@oclif/core';
import inquirer from 'inquirer';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EeCommand } from '../../../src/lib/cli/ee-command.js';
import { EXIT, EeError } from '../../../src/lib/errors.js';
import { packageRoot } from '../../../src/lib/package-root.js';
import { Secret } from '../../../src/lib/secret.js';
import { validText } from '../settings/a-valid-file.js';

const SECRET = 'aSecretThatNobodyMaySee1';

class Sample extends EeCommand {
  static override id = 'sample';
  static override flags = {
    do: Flags.string({ default: 'nothing' }),
    yes: Flags.boolean({ default: false }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Sample);
    this.hide([new Secret(SECRET)]);
    this.note('on stderr');
    if (flags.do === 'find') this.exitWith(EXIT.found);
    if (flags.do === 'fail') throw new EeError('LOCKED', { host: 'vps1', holder: `alice with ${SECRET}` });
    if (flags.do === 'break') throw new TypeError(`broken by ${SECRET}`);
    if (flags.do === 'ask') await this.confirm('Replace it?', { yes: flags.yes });
    if (flags.do === 'settings') this.print((await this.settings(flags)).pmta.smtpPassword.reveal());
    this.print(`done with ${SECRET}`);
    return { done: true, password: SECRET };
  }
}

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

async function run(...argv: string[]): Promise<Outcome> {
  const { stdout, stderr, error } = await captureOutput(() => Sample.run(argv, { root: packageRoot() }));
  return { stdout, stderr, exit: error?.oclif?.exit ?? (error === undefined ? 0 : -1) };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('what a command prints', () => {
  it('is its result on stdout and its advice on stderr, without secrets', async () => {
    expect(await run()).toEqual({ stdout: 'done with [redacted]\n', stderr: 'on stderr\n', exit: 0 });
  });

  it('is one JSON document and nothing else under --json, without secrets', async () => {
    const { stdout, stderr, exit } = await run('--json');
    expect(JSON.parse(stdout)).toEqual({ done: true, password: '[redacted]' });
    expect([stderr, exit]).toEqual(['', 0]);
  });

  it('has its own status after the result, as text and as JSON', async () => {
    expect(await run('--do=find')).toMatchObject({ stdout: 'done with [redacted]\n', exit: 3 });
    const { stdout, exit } = await run('--do=find', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ done: true });
    expect(exit).toBe(3);
  });
});

describe('how a command fails', () => {
  it('shows the sentence and the next step, and ends with the status of the failure', async () => {
    const { stdout, stderr, exit } = await run('--do=fail');
    expect([stdout, exit]).toEqual(['', 5]);
    expect(stderr).toContain(
      'Error: Another run is working on vps1: alice with [redacted].\nNext: Wait for it to end.',
    );
    expect(stderr).not.toContain('ee-command.test.ts');
  });

  it('gives the same as a JSON document, with the same status', async () => {
    const { stdout, stderr, exit } = await run('--do=fail', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'LOCKED', exit: 5, message: 'Another run is working on vps1: alice with [redacted].' },
    });
    expect([stderr, exit]).toEqual(['', 5]);
  });

  it('gives a flag that does not exist as a usage error, in both forms', async () => {
    expect(await run('--nope')).toEqual({
      stdout: '',
      stderr: 'Error: `ee sample` has no flag --nope.\nNext: `ee sample --help` shows what it takes.\n',
      exit: 2,
    });
    const { stdout, exit } = await run('--nope', '--json');
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'USAGE',
        exit: 2,
        message: '`ee sample` has no flag --nope.',
        hint: '`ee sample --help` shows what it takes.',
      },
    });
    expect(exit).toBe(2);
  });

  it('shows a stack for a fault of its own under --verbose only, without secrets', async () => {
    const short = await run('--do=break');
    expect(short).toMatchObject({ exit: 1, stdout: '' });
    expect(short.stderr).toContain('unexpected error: broken by [redacted]');
    expect(short.stderr).not.toContain('ee-command.test.ts');
    const long = await run('--do=break', '--verbose');
    expect(long.stderr).toContain('ee-command.test.ts');
    expect(long.stderr).not.toContain(SECRET);
  });
});

describe('asking before something that cannot be undone', () => {
  const terminal = (is: boolean): void => {
    vi.spyOn(process.stdin, 'isTTY', 'get').mockReturnValue(is);
  };
  beforeEach(() => {
    if (!Object.hasOwn(process.stdin, 'isTTY'))
      Object.defineProperty(process.stdin, 'isTTY', { get: () => false, configurable: true });
  });

  it('[R25] is not done with --yes', async () => {
    terminal(false);
    expect(await run('--do=ask', '--yes')).toMatchObject({ exit: 0 });
  });

  it('[R25] is an error that names --yes where there is no terminal, and under --json', async () => {
    terminal(false);
    const { stderr, exit } = await run('--do=ask');
    expect(stderr).toContain('Next: Add --yes to agree beforehand.');
    expect(exit).toBe(2);
    terminal(true);
    const { stdout, exit: status } = await run('--do=ask', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      error: { message: 'Replace it? --json does not ask.', hint: 'Add --yes to agree beforehand.' },
    });
    expect(status).toBe(2);
  });

  it('[R25] ends with a status other than 0 when the operator declines', async () => {
    terminal(true);
    vi.spyOn(inquirer, 'prompt').mockResolvedValue({ agreed: false });
    expect(await run('--do=ask')).toEqual({
      stdout: '',
      stderr:
        'on stderr\nNothing was changed.\nNext: Run the same command again when you are ready; --yes agrees beforehand.\n',
      exit: 1,
    });
    vi.spyOn(inquirer, 'prompt').mockResolvedValue({ agreed: true });
    expect(await run('--do=ask')).toMatchObject({ exit: 0 });
  });
});

describe('the settings of a command', () => {
  it('come from --env-file, and none of their secrets can be printed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ee-command-'));
    const file = join(folder, 'lab.env');
    await writeFile(file, validText({ PMTA_SMTP_PASSWORD: 'theSubmissionPassword77' }), { mode: 0o600 });
    const { stdout, exit } = await run('--do=settings', '--env-file', file);
    await rm(folder, { recursive: true });
    expect(exit).toBe(0);
    expect(stdout).toContain('[redacted]\n');
    expect(stdout).not.toContain('theSubmissionPassword77');
  });

  it('are missed with a hint', async () => {
    const { stderr, exit } = await run('--do=settings', '--env-file', '/nowhere/lab.env');
    expect(stderr).toContain('Error: No settings file: /nowhere/lab.env does not exist.');
    expect(exit).toBe(2);
  });
});
