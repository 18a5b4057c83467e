import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** Names of the items of a set of the given date. */
export const setNames = (date = '20260216') =>
  ({
    application: `mailwizz-prod-${date}.tar.gz`,
    database: `mailapp-prod-${date}.sql.gz`,
    licence: `pmta-license-${date}`,
    config: `pmta-config-${date}`,
    archive: `backup-hetzner-${date}.tar.gz`,
  }) as const;

/** A member for `tarOf`; fields that are left out are those of an ordinary file. */
export interface RawMember {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly type?: string;
  readonly mode?: number;
  readonly linkTarget?: string;
  /** What the header claims, when it is not the truth. */
  readonly size?: number;
}

export const END_OF_TAR = Buffer.alloc(1024);

/** One member as bytes, header and padded content, written field by field so that any nonsense can be put into it. */
export function rawMember({ name, content = '', type = '0', mode = 0o644, linkTarget = '', size }: RawMember): Buffer {
  const body = Buffer.from(content);
  const header = Buffer.alloc(512);
  const octal = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  header.write(name, 0, 100);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size ?? body.length, 124, 12);
  octal(1_771_200_000, 136, 12);
  header.write(type, 156);
  header.write(linkTarget, 157, 100);
  header.write('ustar\0' + '00', 257, 'latin1');
  header.fill(' ', 148, 156);
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

/** A tar file of raw members, with its end mark. */
export const tarOf = (members: readonly RawMember[]): Buffer => Buffer.concat([...members.map(rawMember), END_OF_TAR]);

/** The files of a small application, as MailWizz lays them out, under `root` (such as `var/www/mailwizz/`). */
export function applicationMembers(root = 'var/www/mailwizz/'): readonly RawMember[] {
  const files: Readonly<Record<string, string>> = {
    'index.php': "<?php require __DIR__ . '/apps/init.php';\n",
    'api/index.php': '<?php\n',
    'apps/init.php': "<?php\ndefine('MW_NAME', 'Stand-in');\ndefine('MW_VERSION', '2.2.11');\n",
    'apps/common/data/config/main-custom.php': '<?php return [];\n',
    'apps/common/data/install-sql/schema.sql': 'CREATE TABLE `option` (`key` varchar(100));\n',
    'frontend/assets/files/logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>\n'.repeat(20),
  };
  return Object.entries(files).map(([path, content]) => ({ name: `${root}${path}`, content }));
}

/** An archive as an ordinary tar program writes it. */
export async function packed(members: readonly RawMember[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, content = '', mode = 0o644 } of members) tar.entry({ name, mode }, Buffer.from(content));
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export const LICENCE_LINES = [
  'product: PowerMTA',
  'version: 5.0',
  'platform: linux-intel',
  'units: 1',
  'options: bounce,feedback',
  'mac:',
  'licensee: Example Holidays Ltd',
  'serial: AB12 CD34SECRET',
  'comment: for tests',
  'issued: 2024-01-01',
  'expires: perpetual',
  'copyright: none, a test licence',
  'check: c2lnbmF0dXJlLXNlY3JldC1wYXJ0LW9uZQ',
  'c2lnbmF0dXJlLXNlY3JldC1wYXJ0LXR3bw==',
] as const;

export const CONFIG =
  'postmaster postmaster@example.com\nhost-name mail.example.com\nlog-file /var/log/pmta/log\n<source 0/0>\n  log-connections yes\n</source>\n<domain *>\n  retry-after 10m\n</domain>\n';

export const DUMP =
  '-- MySQL dump 10.19\n\nCREATE TABLE `list` (`list_id` int);\nINSERT INTO `list` VALUES (1);\n\n-- Dump completed on 2026-02-16  3:00:01\n';

/** The files of a sound set, by name. */
export async function soundFiles(date = '20260216'): Promise<Map<string, Buffer>> {
  const names = setNames(date);
  const application = gzipSync(await packed(applicationMembers()));
  return new Map([
    [names.application, application],
    [names.database, gzipSync(DUMP)],
    [names.licence, Buffer.from(`${LICENCE_LINES.join('\r\n')}\r\n`)],
    [names.config, Buffer.from(CONFIG)],
    [names.archive, gzipSync(await packed([{ name: 'root/notes.txt', content: 'kept\n' }]))],
  ]);
}

export interface BackupSetOnDisk {
  /** Absolute path of the set, in a folder of its own. */
  readonly directory: string;
  remove(): Promise<void>;
}

/** Writes a sound set to a temporary folder, after `change` had its way with the files. */
export async function makeBackupSet(
  change: (files: Map<string, Buffer>) => void | Promise<void> = () => undefined,
): Promise<BackupSetOnDisk> {
  const files = await soundFiles();
  await change(files);
  const parent = await mkdtemp(join(tmpdir(), 'ee-backup-set-'));
  const directory = join(parent, 'mailwizz-email-engine');
  await mkdir(directory);
  for (const [name, content] of files) await writeFile(join(directory, name), content);
  return { directory, remove: () => rm(parent, { recursive: true, force: true }) };
}

/** Everything that may not change in a folder: names, sizes, modes, times and contents. */
export async function snapshot(directory: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const name of (await readdir(directory)).sort()) {
    const path = join(directory, name);
    const { size, mode, mtimeMs, ctimeMs, ino } = await lstat(path);
    const sum = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    lines.push([name, size, mode, mtimeMs, ctimeMs, ino, sum].join(' '));
  }
  const { mtimeMs, ctimeMs } = await lstat(directory);
  return [...lines, `. ${mtimeMs} ${ctimeMs}`];
}
