import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { captureOutput } from '@oclif/test';
import { afterEach, describe, expect, it } from 'vitest';
import PmtaRender from '../../../src/commands/pmta/render.js';
import Verify from '../../../src/commands/verify.js';
import type { VerificationReport } from '../../../src/lib/backup/report.js';
import { packageRoot } from '../../../src/lib/package-root.js';
import { LICENCE_LINES, makeBackupSet, setNames, type BackupSetOnDisk } from '../../support/backup-set.js';
import { twoIps } from '../pmta/two-ips.js';
import { validText } from '../settings/a-valid-file.js';

const NAMES = setNames();
const sets: BackupSetOnDisk[] = [];
afterEach(async () => {
  for (const set of sets.splice(0)) await set.remove();
});

/** A set with this configuration and these files in it, and settings beside it. */
async function setWith(configuration: string | Buffer, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const set = await makeBackupSet((all) => void all.set(NAMES.config, Buffer.from(configuration as string, 'latin1')));
  sets.push(set);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(set.directory, name)), { recursive: true });
    await writeFile(join(set.directory, name), text);
  }
  await writeFile(`${set.directory}.env`, validText({ BACKUP_DIR: set.directory }), { mode: 0o600 });
  return set.directory;
}

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

async function outcome(work: () => Promise<unknown>): Promise<Outcome> {
  const { stdout, stderr, error } = await captureOutput(work);
  return { stdout, stderr, exit: error?.oclif?.exit ?? (error === undefined ? 0 : -1) };
}
const render = (set: string, ...argv: string[]): Promise<Outcome> =>
  outcome(() => PmtaRender.run(['--ips', '2', '--env-file', `${set}.env`, ...argv], { root: packageRoot() }));
async function verify(
  set: string,
  argv: readonly string[] = [set],
): Promise<{ verdict: string; config: string[]; notes: string[]; exit: number }> {
  const { stdout, exit } = await outcome(() => Verify.run([...argv, '--json'], { root: packageRoot() }));
  const { verdict, files } = JSON.parse(stdout) as VerificationReport;
  const config = files.find(({ role }) => role === 'config');
  return {
    verdict,
    exit,
    config: config?.problems.map(({ code, message }) => `${code} ${message}`) ?? [],
    notes: config?.notes.map(({ message }) => message) ?? [],
  };
}

describe('what ee verify finds no configuration, ee pmta render refuses', () => {
  it.each([
    ['nothing but blanks', '\n \n', 'CONFIG_EMPTY', 'it holds nothing but blanks and comments'],
    ['bytes', Buffer.alloc(4000, 7).fill(0, 90, 91), 'CONFIG_NOT_TEXT', 'it holds NUL bytes: it is not text'],
    ['the licence', LICENCE_LINES.join('\n'), 'CONFIG_NOT_POWERMTA', 'it is not a PowerMTA configuration'],
    ['a block that does not close', 'log-file /l\n<domain *>\n', 'CONFIG_SYNTAX', 'line 2: <domain> is not closed'],
  ])('%s', async (_, text, code, message) => {
    const set = await setWith(text);
    const verified = await verify(set);
    expect([verified.verdict, verified.exit]).toEqual(['CORRUPT', 3]);
    expect(verified.config.join('\n')).toMatch(new RegExp(`^${code} line \\d: `));
    const rendered = await render(set);
    expect([rendered.exit, rendered.stdout]).toEqual([3, '']);
    for (const said of [verified.config.join('\n'), rendered.stderr]) expect(said).toContain(message);
  });

  it('an empty file', async () => {
    const set = await setWith('');
    expect((await verify(set)).exit).toBe(3);
    expect(await render(set)).toMatchObject({ exit: 3, stdout: '' });
  });
});

describe('a configuration of includes and global directives', () => {
  const text = 'postmaster a@example.com\nlog-file /l\ninclude /etc/pmta/isps/*.conf\ninclude vmtas.conf\n';

  it('is not CORRUPT; files that are not in the set are named, and rendering it is refused with the way out', async () => {
    const set = await setWith(text, { 'vmtas.conf': '<domain a.example>\nmax-smtp-out 3\n</domain>\n' });
    const lost = 'line 3: include /etc/pmta/isps/*.conf: the file is not in the backup set; what it sets would be lost';
    const verified = await verify(set);
    expect([verified.verdict, verified.exit]).toEqual(['DEGRADED', 0]);
    expect(verified.config).toEqual([`CONFIG_INCLUDE_MISSING ${lost}: ee pmta render refuses it`]);
    const rendered = await render(set);
    expect([rendered.exit, rendered.stdout]).toEqual([3, '']);
    expect(rendered.stderr).toContain(`\n  ${lost}\nNext: Put each file into the backup set`);
  });

  it('is rendered without the lines that PMTA_DROP names, and verified so with the settings', async () => {
    const set = await setWith(text, { 'vmtas.conf': 'include gone\n<domain a.example>\nmax-smtp-out 3\n</domain>\n' });
    const settings = validText({ BACKUP_DIR: set, PMTA_DROP: '3, vmtas.conf:1' });
    await writeFile(`${set}.env`, settings, { mode: 0o600 });
    const { stdout, exit } = await render(set);
    expect([exit, stdout.includes('isps'), stdout.includes('gone')]).toEqual([0, false, false]);
    expect(stdout).toContain('# include vmtas.conf\n<domain a.example>\n');
    expect((await render(set, '--explain')).stdout).toMatch(
      /^ *vmtas\.conf:1 +dropped +include gone +the file is not in/m,
    );
    const verified = await verify(set, ['--env-file', `${set}.env`]);
    expect([verified.verdict, verified.config]).toEqual(['VERIFIED', []]);
    expect(verified.notes.map((note) => note.split(': ')[0])).toEqual(['line 3', 'vmtas.conf:1'].sort());
  });

  it('is rendered with the files of the set in their places, by their name or their path below it', async () => {
    const set = await setWith(text, {
      'vmtas.conf': '<domain a.example>\nmax-smtp-out 3\n</domain>\n',
      'isps/one.conf': '<domain b.example>\n  include limits\n</domain>\n',
      'isps/limits': 'max-smtp-out 4\n',
    });
    expect(await verify(set)).toMatchObject({ verdict: 'VERIFIED', config: [] });
    const { stdout, exit } = await render(set);
    expect(exit).toBe(0);
    expect(stdout).toContain(
      '\n# include /etc/pmta/isps/*.conf\n<domain b.example>\n  # include limits\nmax-smtp-out 4\n</domain>\n# include vmtas.conf\n<domain a.example>\n',
    );
    const explained = (await render(set, '--explain')).stdout;
    expect(explained).toMatch(
      /^ *3 +changed +include \/etc\/pmta\/isps\/\*\.conf +the lines of isps\/one\.conf take its place/m,
    );
    expect(explained).toMatch(/^ *isps\/one\.conf:1 +kept +<domain b\.example> +byte for byte$/m);
  });

  it('does not take items of the set for included files, nor one file for two of the host', async () => {
    const every = await setWith('log-file /l\ninclude /etc/pmta/*\n', { x: 'run-as-root no\n' });
    expect((await render(every)).stdout).toContain('# include /etc/pmta/*\nrun-as-root no\n');
    const twice = await setWith('log-file /l\ninclude /a/x\ninclude /b/x\n', { x: 'run-as-root no\n' });
    expect((await verify(twice)).config).toEqual([
      'CONFIG_INCLUDE_MISSING line 3: include /b/x: /b/x and /a/x would both be x of the set: put each below it by its path; what it sets would be lost: ee pmta render refuses it',
    ]);
  });
});

describe('other files that a configuration names', () => {
  it('are said to be missing on the new host, without the password after them', async () => {
    const set = await setWith(
      `${twoIps()}<domain x.example>\n  smtp-client-certificate /etc/pmta/client.pem hunter2\n</domain>\n`,
    );
    const line = twoIps().split('\n').length + 1;
    const said = 'is a file of the old host: ee does not bring it to VPS2, and PowerMTA reads it there';
    expect((await verify(set)).notes).toEqual([`line ${line}: smtp-client-certificate /etc/pmta/client.pem: ${said}`]);
    const explained = (await render(set, '--explain')).stdout;
    expect(explained).toMatch(
      new RegExp(`^ *${line} +left +smtp-client-certificate /etc/pmta/client\\.pem +${said}$`, 'm'),
    );
    expect(explained).not.toContain('hunter2');
  });
});

describe('the configuration that the project was made for', () => {
  it('renders as before', async () => {
    const set = await setWith(twoIps());
    expect(await verify(set)).toEqual({ verdict: 'VERIFIED', config: [], notes: [], exit: 0 });
    expect((await render(set)).exit).toBe(0);
  });
});
