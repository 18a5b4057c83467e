import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Config } from '@oclif/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.js';
import { RUN, ee } from './ee.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ee-help-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('help', () => {
  it('lists the commands and topics', async () => {
    const { status, stdout, stderr } = await ee(['--help']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('USAGE\n  $ ee [COMMAND]');
    expect(stdout).toMatch(/^ {2}init +Write the settings file, or complete it$/m);
    expect(stdout).toMatch(/^ {2}dkim +DKIM keys of the sending domains$/m);
  });

  it('is what -h gives too, but not behind --', async () => {
    for (const args of [[], ['init'], ['deploy'], ['deploy', 'all']])
      expect(await ee([...args, '-h'])).toEqual(await ee([...args, '--help']));
    expect((await ee(['verify', '--', '-h'])).stdout).not.toContain('USAGE');
  });

  it('tells the flags of a command, those of all commands among them', async () => {
    const { status, stdout } = await ee(['init', '--help']);
    expect(status).toBe(0);
    for (const flag of ['--set=NAME=VALUE...', '--env-file=PATH', '--json', '--verbose'])
      expect(stdout).toContain(flag);
  });

  it('is complete: every command has a summary, a description, examples, and described flags', async () => {
    await ee(['--version']); // builds what is not built yet
    const config = await Config.load({ root: packageRoot() });
    const own = config.commands.filter(({ pluginName }) => pluginName === 'ee');
    expect(own.map(({ id }) => id)).toContain('init');
    for (const { id, summary, description, examples, flags } of own) {
      expect([id, Boolean(summary), Boolean(description), Boolean(examples?.length)]).toEqual([id, true, true, true]);
      const silent = Object.values(flags).filter((flag) => !flag.description && !flag.summary);
      expect([id, silent.map(({ name }) => name)]).toEqual([id, []]);
    }
  });

  it('has no colours where they are not wanted', async () => {
    const { stdout } = await ee(['--help'], { env: { NO_COLOR: '1', FORCE_COLOR: undefined } });
    expect(stdout).not.toContain('\u001B[');
  });
});

describe('starting', () => {
  it('shows the version', async () => {
    const { status, stdout } = await ee(['--version']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ee\/\d+\.\d+\.\d+ /);
  });

  it('takes --env-file for itself when it is started by its name', async () => {
    const started = spawnSync(RUN, ['init', '--env-file', join(folder, 'none.env')], { encoding: 'utf8' });
    expect(started.status).toBe(2);
    expect(started.stderr).toContain('There is no terminal to ask on');
  });

  it('[R1] works from any folder, through a link, without the executable bit and with CRLF line ends', async () => {
    const link = join(folder, 'ee');
    await symlink(RUN, link);
    expect(await ee(['--version'], { cwd: folder, script: link })).toMatchObject({ status: 0 });

    const copy = join(folder, 'copy');
    await mkdir(join(copy, 'bin'), { recursive: true });
    for (const name of ['dist', 'node_modules', 'oclif.manifest.json'])
      await symlink(join(packageRoot(), name), join(copy, name));
    await copyFile(join(packageRoot(), 'package.json'), join(copy, 'package.json'));
    const crlf = (await readFile(RUN, 'utf8')).replaceAll('\n', '\r\n');
    await writeFile(join(copy, 'bin', 'run.js'), crlf, { mode: 0o644 });
    expect(await ee(['init', '--nope'], { cwd: folder, script: join(copy, 'bin', 'run.js') })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('`ee init` has no flag --nope.'),
    });
  });

  it('says what to do when it is not built', async () => {
    const bare = join(folder, 'bare', 'bin');
    await mkdir(bare, { recursive: true });
    await writeFile(join(folder, 'bare', 'package.json'), '{"type":"module"}');
    await copyFile(RUN, join(bare, 'run.js'));
    expect(await ee(['--version'], { script: join(bare, 'run.js') })).toEqual({
      status: 1,
      stdout: '',
      stderr: 'Error: ee is not built yet.\nNext: npm run build\n',
    });
  });
});
