import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBackupSet } from '../../../src/lib/lab/backup-set.js';

let folder: string;
let set: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ee-set-'));
  set = join(folder, 'mailwizz-email-engine');
  await makeBackupSet(set);
});

afterAll(() => rm(folder, { recursive: true }));

interface Member {
  readonly name: string;
  readonly mode: number;
  readonly owner: string;
}

async function members(file: string): Promise<Member[]> {
  const found: Member[] = [];
  const archive = extract();
  archive.end(gunzipSync(await readFile(file)));
  for await (const entry of archive) {
    found.push({ name: entry.header.name, mode: entry.header.mode ?? 0, owner: entry.header.uname ?? '' });
    entry.resume();
  }
  return found;
}

describe('makeBackupSet', () => {
  it('makes the six parts of a set', async () => {
    expect((await readdir(set)).sort()).toEqual([
      'backup-hetzner-20260216.tar.gz',
      'mailapp-prod-20260216.sql.gz',
      'mailwizz-prod-20260216.tar.gz',
      'pmta-config-20260216',
      'pmta-license-20260216',
      'var',
    ]);
  });

  it('lays the application out below var/www/mailwizz, as production left it: configured and without its installer', async () => {
    const archive = await members(join(set, 'mailwizz-prod-20260216.tar.gz'));
    const names = archive.map(({ name }) => name);
    expect(names).toContain('var/www/mailwizz/apps/init.php');
    expect(names).toContain('var/www/mailwizz/apps/common/data/install-sql/schema.sql');
    expect(names.filter((name) => name.startsWith('var/www/mailwizz/install/'))).toEqual([]);
    expect(archive.find(({ name }) => name === 'var/www/mailwizz/apps/common/config/main-custom.php')).toEqual({
      name: 'var/www/mailwizz/apps/common/config/main-custom.php',
      mode: 0o555,
      owner: 'www-data',
    });
  });

  it('names every folder before what it holds', async () => {
    const names = (await members(join(set, 'mailwizz-prod-20260216.tar.gz'))).map(({ name }) => name);
    const orphans = names.filter((name, index) => {
      const parent = name.replace(/[^/]+\/?$/, '');
      return parent !== '' && !names.slice(0, index).includes(parent);
    });
    expect(orphans).toEqual([]);
  });

  it('makes a licence of 14 lines with CRLF that is perpetual and says that it is a stand-in', async () => {
    const licence = await readFile(join(set, 'pmta-license-20260216'), 'latin1');
    const lines = licence.split('\r\n');
    expect(lines).toHaveLength(15);
    expect(licence.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(lines[0]).toBe('product: PowerMTA stand-in');
    expect(lines[10]).toBe('expires: perpetual');
    expect(lines[13]).not.toContain(':');
  });

  it('gives the PowerMTA configuration CRLF line ends and changes nothing else of it', async () => {
    const config = await readFile(join(set, 'pmta-config-20260216'));
    const source = await readFile(new URL('../../../assets/lab/backup/pmta-config', import.meta.url));
    expect(config.toString('latin1').replaceAll('\r\n', '\n')).toBe(source.toString('latin1'));
    expect(config.length - source.length).toBe(source.toString('latin1').split('\n').length - 1);
  });

  it('makes a dump that would leave 106 rows behind, were it ever imported', async () => {
    const dump = gunzipSync(await readFile(join(set, 'mailapp-prod-20260216.sql.gz'))).toString();
    expect(dump.match(/INSERT INTO `never_import_this_dump`/g)).toHaveLength(106);
    expect(dump).toMatch(/-- Dump completed on .*\n$/);
  });

  it('makes the same bytes every time', async () => {
    const again = join(folder, 'again');
    await makeBackupSet(again);
    for (const name of ['mailwizz-prod-20260216.tar.gz', 'backup-hetzner-20260216.tar.gz']) {
      expect(await readFile(join(again, name))).toEqual(await readFile(join(set, name)));
    }
  });
});
