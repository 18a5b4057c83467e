import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import { applicationTree, type TreeEntry } from '../../src/lib/lab/application-tree.js';
import { tarGz } from '../../src/lib/lab/backup-set.js';
import { packageRoot } from '../../src/lib/package-root.js';

const PREFIX = 'var/www/mailwizz/';

/** What a later version of the stand-in does to its database: a table, a column, and rows of the operator. */
const UPDATE_SQL = `CREATE TABLE {{campaign_note}} (\`note_id\` int NOT NULL AUTO_INCREMENT PRIMARY KEY, \`text\` varchar(60) NOT NULL) ENGINE=InnoDB;
ALTER TABLE {{campaign}} ADD COLUMN \`note\` varchar(60) NOT NULL DEFAULT 'upgraded';
UPDATE {{customer}} SET \`last_name\` = UPPER(\`last_name\`);
`;

/**
 * A release of the application stand-in of another version, in one .tar.gz: the same files below a folder of the release, with its
 * wizard, an update of the database and one more file. Gives its path.
 */
export async function release(
  folder: string,
  version: string,
  change: (entries: TreeEntry[]) => TreeEntry[] = (entries) => entries,
): Promise<string> {
  const file = join(folder, `mailwizz-${version}.tar.gz`);
  await writeFile(file, await tarGz(change(below(`mailwizz-${version}/`, await releaseTree(version)))));
  return file;
}

/** The same as a vendor packs it: a .zip with the whole application, and once more without its wizard, to copy over an older one. */
export async function vendorsRelease(folder: string, version: string): Promise<string> {
  const tree = await releaseTree(version);
  const zip = new ZipFile();
  const members = [
    ...below('latest/', tree),
    ...below(
      'update/',
      tree.filter(({ path }) => !path.startsWith('install')),
    ),
  ];
  for (const { path, mode, content } of members) {
    if (content) zip.addBuffer(content, path, { mode: 0o100000 | mode });
    else zip.addEmptyDirectory(path);
  }
  zip.end();
  const file = join(folder, `mailwizz-${version}.zip`);
  await writeFile(file, await buffer(zip.outputStream));
  return file;
}

const below = (folder: string, tree: readonly TreeEntry[]): TreeEntry[] =>
  tree.map((entry) => ({ ...entry, path: `${folder}${entry.path}` }));

/** The files of a release, below its own folder. */
async function releaseTree(version: string): Promise<TreeEntry[]> {
  const tree = await applicationTree(join(packageRoot(), 'assets/lab/mailwizz'), 'fresh');
  const inside = tree.filter(({ path }) => path.startsWith(PREFIX));
  const entries: TreeEntry[] = inside.map((entry) => ({
    ...entry,
    path: entry.path.slice(PREFIX.length),
    ...(entry.content && entry.path.endsWith('.php')
      ? { content: Buffer.from(entry.content.toString('latin1').replaceAll(`'2.2.11'`, `'${version}'`), 'latin1') }
      : {}),
  }));
  entries.push(
    { path: 'apps/common/data/update-sql', mode: 0o755 },
    { path: `apps/common/data/update-sql/${version}.sql`, mode: 0o644, content: Buffer.from(UPDATE_SQL) },
    { path: `apps/common/new-in-${version}.php`, mode: 0o644, content: Buffer.from('<?php\n') },
  );
  return entries;
}
