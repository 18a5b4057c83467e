import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
 * A release of the application stand-in as a vendor packs it, of another version: the same files below a folder of the release, with
 * its wizard, an update of the database and one more file. Gives its path.
 */
export async function release(
  folder: string,
  version: string,
  change: (entries: TreeEntry[]) => TreeEntry[] = (entries) => entries,
): Promise<string> {
  const tree = await applicationTree(join(packageRoot(), 'assets/lab/mailwizz'), 'fresh');
  const inside = tree.filter(({ path }) => path.startsWith(PREFIX));
  const entries: TreeEntry[] = inside.map((entry) => ({
    ...entry,
    path: `mailwizz-${version}/${entry.path.slice(PREFIX.length)}`,
    ...(entry.content && entry.path.endsWith('.php')
      ? { content: Buffer.from(entry.content.toString('latin1').replaceAll(`'2.2.11'`, `'${version}'`), 'latin1') }
      : {}),
  }));
  entries.push(
    { path: `mailwizz-${version}/apps/common/data/update-sql`, mode: 0o755 },
    {
      path: `mailwizz-${version}/apps/common/data/update-sql/${version}.sql`,
      mode: 0o644,
      content: Buffer.from(UPDATE_SQL),
    },
    { path: `mailwizz-${version}/apps/common/new-in-${version}.php`, mode: 0o644, content: Buffer.from('<?php\n') },
  );
  const file = join(folder, `mailwizz-${version}.tar.gz`);
  await writeFile(file, await tarGz(change(entries)));
  return file;
}
