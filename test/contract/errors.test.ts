import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ee, eeIntoClosedPipe } from './ee.js';

describe('wrong usage', () => {
  it.each([
    [['init', '--nope'], '`ee init` has no flag --nope.', '`ee init --help` shows what it takes.'],
    [['init', '--set'], '--set needs a value.', '`ee init --help` shows what it takes.'],
    [['deploy', 'all', '--dry'], '`ee deploy all` has no flag --dry.', 'Did you mean --dry-run?'],
    [['verify', '--jsno'], '`ee verify` has no flag --jsno.', 'Did you mean --json?'],
    [['pmta', 'render'], '`ee pmta render` needs --ips N.', '`ee pmta render --help` shows what it takes.'],
    [
      ['pmta', 'render', '--ips', 'x'],
      '--ips takes a whole number, not x.',
      '`ee pmta render --help` shows what it takes.',
    ],
    [
      ['pmta', 'render', '--ips', '0'],
      '--ips takes a whole number of 1 or more, not 0.',
      '`ee pmta render --help` shows what it takes.',
    ],
    [
      ['verify', '--level', 'deep'],
      '--level takes one of quick, full, restore, not deep.',
      '`ee verify --help` shows what it takes.',
    ],
    [
      ['pmta', 'explain', 'gmail.com', '--root', '/'],
      '`ee pmta explain` takes --root only with --config.',
      '`ee pmta explain --help` shows what it takes.',
    ],
    [
      ['deploy', 'all', '--exit-code', '--yes'],
      '`ee deploy all` takes --exit-code only with --dry-run.',
      '`ee deploy all --help` shows what it takes.',
    ],
    [
      ['mailwizz', 'install', '--confirm-database', 'mailwizz_v2', '--yes'],
      '`ee mailwizz install` takes --confirm-database only with --replace.',
      '`ee mailwizz install --help` shows what it takes.',
    ],
    [
      ['pmta', 'check', 'config', '--dry-run'],
      '`ee pmta check` takes --dry-run only with --fix.',
      '`ee pmta check --help` shows what it takes.',
    ],
    [['verify', 'one', 'two'], '`ee verify` does not take two.', '`ee verify --help` shows what it takes.'],
    [
      ['lab', 'exec'],
      '`ee lab exec` needs HOST (one of vps1, vps2, vps3, world).',
      '`ee lab exec --help` shows what it takes.',
    ],
    [['init', 'extra'], '`ee init` takes no argument: extra', '`ee init --help` shows what it takes.'],
    [['nothing-like-it'], '`ee nothing-like-it` is not a command.', '`ee --help` lists the commands.'],
    [['ini'], '`ee ini` is not a command.', 'Did you mean `ee init`?'],
    [['dploy'], '`ee dploy` is not a command.', 'Did you mean `ee deploy …`?'],
    [['deploy', 'vps4'], '`ee deploy vps4` is not a command.', 'Did you mean `ee deploy vps1`?'],
    [['dkim', 'generat'], '`ee dkim generat` is not a command.', 'Did you mean `ee dkim generate`?'],
  ])('exits 2 with a sentence and a next step: ee %s', async (args, message, hint) => {
    expect(await ee(args)).toEqual({ status: 2, stdout: '', stderr: `Error: ${message}\nNext: ${hint}\n` });
  });

  it.each([
    [['init', '--nope', '--json'], '`ee init` has no flag --nope.'],
    [['ini', '--json'], '`ee ini` is not a command.'],
    [['--json'], '`ee` needs a command.'],
  ])('is one JSON document under --json: ee %s', async (args, message) => {
    const { status, stdout, stderr } = await ee(args);
    expect([status, stderr]).toEqual([2, '']);
    expect(JSON.parse(stdout)).toEqual({ error: { code: 'USAGE', exit: 2, message, hint: expect.any(String) } });
  });

  it('is that of ee, not of Node, for a settings file that does not exist', async () => {
    const { status, stdout } = await ee(['verify', '--env-file', '/nowhere/lab.env', '--json']);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'SETTINGS_NOT_FOUND', message: 'No settings file: /nowhere/lab.env does not exist.' },
    });
  });

  it('names the commands of a topic that was given alone under --json', async () => {
    const { status, stdout } = await ee(['dkim', '--json']);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'USAGE', message: expect.stringContaining('dkim generate'), hint: '`ee dkim --help` lists them.' },
    });
  });

  it('does not crash when nobody reads its output', async () => {
    expect(await eeIntoClosedPipe(['--help'])).toEqual({ status: 0, stderr: '' });
    expect(await eeIntoClosedPipe(['init', '--json'])).toEqual({ status: 2, stderr: '' });
  });
});

const WAITING = fileURLToPath(new URL('waiting-command.ts', import.meta.url));

interface Interrupted {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a command that works until it is told to stop, and sends it `signal` once it does. */
function interrupt(args: readonly string[], signal: NodeJS.Signals): Promise<Interrupted> {
  const child = spawn(process.execPath, ['--import', 'tsx', WAITING, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr === '' && chunk.toString().startsWith('started')) child.kill(signal);
    stderr += chunk.toString();
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, stdout, stderr })));
}

describe('an interruption', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s lets a command stop in good order and exits 130',
    async (signal) => {
      expect(await interrupt(['--heed'], signal)).toEqual({
        status: 130,
        stdout: '',
        stderr:
          'started\nput back\nError: Interrupted during ee waiting.\n' +
          'Next: Run the same command again: it continues where this one stopped.\n',
      });
    },
  );

  it('is a reader who closes standard output too: the command stops in good order, and quietly', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ee-closed-'));
    const mark = join(folder, 'mark');
    const child = spawn(process.execPath, ['--import', 'tsx', WAITING, '--heed', '--mark', mark], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect([status, stderr, await readFile(mark, 'utf8')]).toEqual([130, 'started\n', 'put back']);
    await rm(folder, { recursive: true });
  });

  it('ends a command at once that has nothing to put back', async () => {
    const { status, stdout, stderr } = await interrupt([], 'SIGINT');
    expect([status, stdout]).toEqual([130, '']);
    expect(stderr).toContain('Error: Interrupted during ee waiting.');
  });
});
