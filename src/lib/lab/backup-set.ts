import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Pack } from 'tar-stream';
import { packageRoot } from '../package-root.js';
import { applicationTree, type TreeEntry } from './application-tree.js';

/** Date suffix of the stand-in set's files. */
export const SET_DATE = '20260216';

/** Modification time of every member: the set is the same, byte for byte, wherever and whenever it is made. */
const MEMBER_TIME = new Date('2026-02-16T03:00:00Z');
/** www-data on Debian, who owned the tree in production. */
const WWW_DATA = { uid: 33, gid: 33, uname: 'www-data', gname: 'www-data' } as const;

/**
 * Makes a synthetic backup set in a new folder, as the operator's copy looks: the application archive, PowerMTA's licence and
 * configuration, and the three things that are deliberately not used. The folder appears when it is complete. Licence and
 * configuration have CRLF line ends, as the operator's do.
 */
export async function makeBackupSet(folder: string, date: string = SET_DATE): Promise<void> {
  const assets = join(packageRoot(), 'assets/lab');
  const application = await applicationTree(join(assets, 'mailwizz'), 'backup');
  const archive = await tarGz(application);
  const licence = Buffer.from(crlf(LICENCE));
  const config = Buffer.from(crlf(await readFile(join(assets, 'backup/pmta-config'), 'utf8')));
  const dump = await gzipped(Buffer.from(DUMP));
  const everything = await tarGz([
    { path: 'backup-hetzner', mode: 0o755 },
    { path: `backup-hetzner/mailapp-prod-${date}.sql.gz`, mode: 0o600, content: dump },
    { path: `backup-hetzner/mailwizz-prod-${date}.tar.gz`, mode: 0o644, content: archive },
    { path: `backup-hetzner/pmta-config-${date}`, mode: 0o644, content: config },
  ]);

  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  const files: Record<string, Buffer> = {
    [`mailwizz-prod-${date}.tar.gz`]: archive,
    [`pmta-license-${date}`]: licence,
    [`pmta-config-${date}`]: config,
    [`mailapp-prod-${date}.sql.gz`]: dump,
    [`backup-hetzner-${date}.tar.gz`]: everything,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(part, name), content, { mode: 0o600 });
  await writeTree(part, leftExtracted(application));
  await rename(part, folder);
}

/** What an earlier extraction left in `var/`: the entry script and the first level of the application. */
function leftExtracted(application: readonly TreeEntry[]): TreeEntry[] {
  return application.filter(({ path }) => path.split('/').length <= 4);
}

async function writeTree(folder: string, entries: readonly TreeEntry[]): Promise<void> {
  for (const { path, mode, content } of entries) {
    const target = join(folder, path);
    await mkdir(content ? dirname(target) : target, { recursive: true });
    if (content) await writeFile(target, content);
    await chmod(target, mode);
  }
}

/** A gzip-compressed tar archive of a tree, with members named as given (no leading `./`). */
export async function tarGz(entries: readonly TreeEntry[]): Promise<Buffer> {
  const { pack } = await import('tar-stream');
  const archive = pack();
  const collected = collect(archive);
  for (const { path, mode, content } of entries) {
    const common = { mode, mtime: MEMBER_TIME, ...WWW_DATA };
    if (content) archive.entry({ name: path, type: 'file', size: content.length, ...common }, content);
    else archive.entry({ name: `${path}/`, type: 'directory', ...common });
  }
  archive.finalize();
  return gzipped(await collected);
}

function collect(archive: Pack): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    archive.on('data', (chunk: unknown) => chunks.push(chunk as Buffer));
    archive.on('end', () => resolve(Buffer.concat(chunks)));
    archive.on('error', reject);
  });
}

/** Node writes no time and no name into a gzip header, so the same bytes always give the same archive. */
const gzipped = (bytes: Buffer): Promise<Buffer> => promisify(gzip)(bytes, { level: 6 });

const crlf = (text: string): string => text.replaceAll(/\r?\n/g, '\r\n');

/** The shape of a licence: 14 lines, `expires` a word, `mac` empty, the check value running on to a line without a key. */
const LICENCE = `product: PowerMTA stand-in
version: 5.0
platform: linux-intel
units: 1
options: smtp,dkim,vmta
mac:
licensee: Stand-in of a lab, no licence
serial: STANDIN 000000
comment: made by ee lab; opens no vendor product
issued: 2026-02-16
expires: perpetual
copyright: none, this is test data
check: c3RhbmQtaW4gb2YgdGhlIGxhYiwgbm90IGEgbGljZW5jZSBvZiBhbnkg
 dmVuZG9yOyBub3QgdmFsaWQ=
`;

/** Recognised at once should it ever be imported: no table of the application has this name. */
export const DUMP_TABLE = 'never_import_this_dump';

const DUMP = `-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Synthetic, made by the lab. It is part of the set so that every test can prove that it is never imported.
DROP TABLE IF EXISTS \`${DUMP_TABLE}\`;
CREATE TABLE \`${DUMP_TABLE}\` (\`id\` int NOT NULL PRIMARY KEY, \`name\` varchar(60) NOT NULL);
${Array.from({ length: 106 }, (_, index) => `INSERT INTO \`${DUMP_TABLE}\` VALUES (${index + 1}, 'template ${index + 1}');`).join('\n')}
-- Dump completed on 2026-02-16  3:00:00
`;
