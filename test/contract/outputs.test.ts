import { cp, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.js';
import { ee } from './ee.js';

const VALUES = [
  'VPS1_IP=192.0.2.10',
  'DNS_RESOLVERS=127.0.0.1:9', // nobody listens there
  'VPS2_IP=198.51.100.10',
  'VPS3_IP=203.0.113.10',
  'BASE_DOMAIN=example.com',
  'SENDING_IPS=198.51.100.11',
  'PANEL_DOMAIN=panel.example.com',
  'MAILWIZZ_ADMIN_EMAIL=admin@example.com',
  'ENGINE_DOMAIN=api.example.com',
  'BACKUP_DIR=set',
];

describe('what commands write', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-outputs-'));
    await cp(join(packageRoot(), 'assets/lab/backup/pmta-config'), join(folder, 'set', 'pmta-config-20260216'));
    expect(await ee(['init', ...VALUES.flatMap((value) => ['--set', value])], { cwd: folder })).toMatchObject({
      status: 0,
    });
    expect(await ee(['dkim', 'generate'], { cwd: folder })).toMatchObject({ status: 0 });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['records.zone', ['dns', 'records', '--format', 'bind', '--out', 'records.zone']],
    ['records.csv', ['dns', 'records', '--format', 'csv', '--out', 'records.csv']],
    ['pmta.conf', ['pmta', 'render', '--ips', '1', '--out', 'pmta.conf']],
  ])('[R39] is %s where it was asked for, and byte for byte the same the second time', async (file, words) => {
    expect(await ee(words, { cwd: folder })).toMatchObject({ status: 0 });
    const first = await readFile(join(folder, file));
    expect(first.length).toBeGreaterThan(500);
    expect(await ee(words, { cwd: folder })).toMatchObject({ status: 0 });
    expect(await readFile(join(folder, file))).toEqual(first);
  });

  it('[R39] is nothing else: no copy of the set, and no file with a time in its name', async () => {
    const written = ['.env.production', 'pmta.conf', 'records.csv', 'records.zone', 'secrets', 'set'];
    expect((await readdir(folder)).sort()).toEqual(written);
    expect(await readdir(join(folder, 'set'))).toEqual(['pmta-config-20260216']);
    expect((await readdir(join(folder, 'secrets'), { recursive: true })).sort()).toEqual([
      'dkim',
      'dkim/mail1.example.com',
      'dkim/mail1.example.com/mail.pem',
    ]);
  });
});
