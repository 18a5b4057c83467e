import { execa } from 'execa';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApplicationContents } from '../../../../src/lib/backup/application.js';
import { TarScanner } from '../../../../src/lib/backup/tar-scanner.js';
import { archive } from '../../../../src/lib/converge/resources/archive.js';
import { applicationMembers, tarOf, type RawMember } from '../../../support/backup-set.js';

/** Where MailWizz lies in a tar, as its verification finds it. */
function placeIn(tar: Buffer): { root: string; stripDepth: number } {
  const contents = new ApplicationContents();
  const scanner = new TarScanner(contents);
  scanner.write(tar);
  const { facts } = contents.findings();
  if (!facts) throw new Error('not recognised');
  return facts;
}

describe('the line that unpacks an application, run by tar itself', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-unpack-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** The files that are in the unpacked folder. */
  async function unpacked(members: readonly RawMember[]): Promise<string[]> {
    const tar = tarOf(members);
    const staged = join(folder, 'application.tar.gz');
    await writeFile(staged, gzipSync(tar));
    const wanted = archive({
      path: join(folder, 'app'),
      file: staged,
      bytes: 1,
      sha256: 'a'.repeat(64),
      ...placeIn(tar),
      contains: 'apps/init.php',
      prepare: ':',
    });
    const script = wanted.diff(Buffer.from('free\n'))?.script ?? '';
    const line = script.split('\n').find((one) => one.startsWith('tar ')) ?? 'false';
    await mkdir(join(folder, 'app.ee-new'));
    await execa('sh', ['-ec', line.replace(/\/\S+\/a{64}\.tar\.gz/, staged)]);
    const { stdout } = await execa('find', ['.', '-type', 'f'], { cwd: join(folder, 'app.ee-new') });
    return stdout.split('\n').sort();
  }

  const APPLICATION = applicationMembers('./')
    .map(({ name }) => name)
    .sort();
  const STRANGERS = ['x/y/z/w/evil.php', './x/y/z/w/evil.php', 'var/www/mailwizz2/evil.php', 'evil.php'];

  it.each(['var/www/mailwizz/', './var/www/mailwizz/', 'mailwizz/', "it's [a]*/", '-x/'])(
    '[R30] takes what is under %j, and nothing that lies beside it',
    async (root) => {
      const strangers = STRANGERS.map((name) => ({ name, content: '<?php // of a stranger' }));
      expect(await unpacked([...strangers, ...applicationMembers(root), { name: 'last/b/c/d/evil.php' }])).toEqual(
        APPLICATION,
      );
    },
  );

  it.each(['', './'])('[R30] takes the whole archive where MailWizz lies at its top, under %j', async (root) => {
    expect(await unpacked(applicationMembers(root))).toEqual(APPLICATION);
  });
});
