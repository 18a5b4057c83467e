import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { checkFiles } from '../../../src/lib/pmta/check-files.js';
import { includesBelow } from '../../../src/lib/pmta/include-folder.js';

const catalogue = loadCatalogue();
const SOUND = 'log-file /var/log/pmta/log\npostmaster a@example.com\n';
let dir: string;
let root: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ee-root-'));
  root = join(dir, 'host');
  await put('/etc/pmta/config', '');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

/** What is found in a configuration and in what it includes, as `file:line code`; the paths are those on the host. */
async function found(text: string, options: { file?: string; root?: string } = {}): Promise<string[]> {
  const file = options.file ?? join(root, '/etc/pmta/config');
  const named = [{ file, bytes: Buffer.from(text, 'latin1') }];
  const files = await checkFiles(named, catalogue, { root: options.root ?? root });
  return files.flatMap(({ file: name, problems }) =>
    problems.flatMap(({ line, code, message }) =>
      code === 'config-world-readable'
        ? []
        : [`${name.replace(root, '')}:${line} ${code}: ${message.replace(root, 'ROOT')}`],
    ),
  );
}

describe('includes below a root', () => {
  it('are followed from absolute and relative paths, and what is in them is found in them', async () => {
    await put('/etc/pmta/base', SOUND);
    await put('/etc/pmta/isps/gmail', 'max-msg-rate 0/h\ninclude ../more\n');
    await put('/etc/pmta/more', 'max-smtp-out 5\nno-such 1\n');
    expect(await found('include /etc/pmta/base\n<domain gmail.com>\ninclude "isps/gmail"\n</domain>\n')).toEqual([
      '/etc/pmta/isps/gmail:1 rate-zero-numerator: max-msg-rate 0/h: the number before the slash cannot be 0',
      '/etc/pmta/more:2 unknown-directive-for-scope: no-such is not known in <domain>; nor anywhere else',
    ]);
  });

  it('with wildcards are all that fits, in the order of their names, and no hidden file', async () => {
    await put('/etc/pmta/vmtas/2.conf', '<virtual-mta a>\nsmtp-source-host 192.0.2.2 b.example\n</virtual-mta>\n');
    await put('/etc/pmta/vmtas/1.conf', '<virtual-mta a>\nsmtp-source-host 192.0.2.1 a.example\n</virtual-mta>\n');
    await put('/etc/pmta/vmtas/.3.conf', 'no-such 1\n');
    await put('/etc/pmta/vmtas/4.conf.old', 'no-such 1\n');
    expect(await found(`${SOUND}include /etc/pmta/v*/?.conf\n`)).toEqual([
      '/etc/pmta/vmtas/2.conf:1 vmta-name-duplicate: a is already defined on line 1 of ROOT/etc/pmta/vmtas/1.conf',
    ]);
    // A pattern with special signs is no expression.
    expect(await found(`${SOUND}include /etc/pmta/vmtas/(.conf\n`)).toEqual([
      '/etc/pmta/config:3 include-missing: /etc/pmta/vmtas/(.conf does not exist',
    ]);
  });

  it('that are not there, lead back, or are folders are reported where they stand', async () => {
    await put('/etc/pmta/loop', 'include /etc/pmta/config\n');
    const text = `${SOUND}include /etc/pmta/none\ninclude loop\ninclude /etc/pmta\ninclude http://conf.example/x\n`;
    await put('/etc/pmta/config', text);
    expect(await found(text)).toEqual([
      '/etc/pmta/config:3 include-missing: /etc/pmta/none does not exist',
      '/etc/pmta/config:5 include-not-followed: /etc/pmta (ROOT/etc/pmta) cannot be read, not followed',
      '/etc/pmta/config:6 include-not-followed: http://conf.example/x is fetched by PowerMTA, not followed here',
      '/etc/pmta/loop:1 include-loop: /etc/pmta/config leads back to ROOT/etc/pmta/config',
    ]);
  });

  it('that are a pipe are not waited for', async () => {
    await execa('mkfifo', [join(root, 'etc/pmta/pipe')]);
    expect(await found(`${SOUND}include pipe\n`)).toEqual([
      '/etc/pmta/config:3 include-not-followed: pipe (ROOT/etc/pmta/pipe) cannot be read, not followed',
    ]);
  });

  it('with wildcards that links make endless are not followed', async () => {
    for (const name of ['a', 'b']) await symlink('.', join(root, 'etc/pmta', name));
    await put('/etc/pmta/more', SOUND);
    expect(await found(`${SOUND}include /etc/pmta${'/*'.repeat(40)}/more\n`)).toEqual([
      `/etc/pmta/config:3 include-not-followed: /etc/pmta${'/*'.repeat(40)}/more stands for more than 1000 files, not followed`,
    ]);
  });

  it('that are included again and again are read once, and bounded in number', async () => {
    await put('/etc/pmta/more', SOUND);
    const problems = await found('include more\n'.repeat(10_002));
    expect(problems).toEqual(
      [10_001, 10_002].map(
        (line) =>
          `/etc/pmta/config:${line} include-not-followed: 10000 files were included before, not followed further`,
      ),
    );
  });

  it('that lead out of the root are not read, by path or by link', async () => {
    await writeFile(join(dir, 'secret'), 'no-such 1\n');
    await symlink(join(dir, 'secret'), join(root, 'etc/pmta/link'));
    await symlink('/etc/pmta/base', join(root, 'etc/pmta/absolute'));
    expect(await found(`${SOUND}include ../../../secret\ninclude link\n`)).toEqual([
      '/etc/pmta/config:3 include-missing: ../../../secret does not exist',
      '/etc/pmta/config:4 include-not-followed: link leads out of ROOT, not followed',
    ]);
  });

  it('are looked up from /etc/pmta for a file that is not below the root', async () => {
    await put('/etc/pmta/base', SOUND);
    expect(await found('include base\n', { file: join(dir, 'a-copy.conf') })).toEqual([]);
  });

  it('need a root that is a folder', async () => {
    const hint = 'Name with --root the folder that stands for the root of the host: the one with etc/pmta in it.';
    const none = join(dir, 'none');
    await expect(includesBelow(none)).rejects.toMatchObject({
      code: 'USAGE',
      message: `${none} does not exist: no includes can be followed below it.`,
      hint,
    });
    const file = join(root, 'etc/pmta/config');
    await expect(found(SOUND, { root: file })).rejects.toMatchObject({
      code: 'USAGE',
      message: `${file} is no folder: no includes can be followed below it.`,
    });
  });
});
