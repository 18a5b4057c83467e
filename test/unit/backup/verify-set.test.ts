import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { EeError } from '../../../src/lib/errors.js';
import { error } from '../../../src/lib/backup/report.js';
import type { VerificationReport } from '../../../src/lib/backup/report.js';
import { presentReport } from '../../../src/lib/backup/present.js';
import { usedFiles } from '../../../src/lib/backup/used-files.js';
import { verifyBackupSet, type VerifyOptions } from '../../../src/lib/backup/verify-set.js';
import {
  applicationMembers,
  CONFIG,
  DUMP,
  LICENCE_LINES,
  makeBackupSet,
  packed,
  setNames,
  snapshot,
  tarOf,
  type BackupSetOnDisk,
} from '../../support/backup-set.js';

const NAMES = setNames();
const sets: BackupSetOnDisk[] = [];
afterEach(async () => {
  for (const set of sets.splice(0)) await set.remove();
});

async function setWith(change?: (files: Map<string, Buffer>) => void | Promise<void>): Promise<string> {
  const set = await makeBackupSet(change);
  sets.push(set);
  return set.directory;
}

/** As if any configuration were sound. */
const SOUND = () => Promise.resolve({ problems: [], notes: [], included: [] });

const verify = (directory: string, options: VerifyOptions = {}): Promise<VerificationReport> =>
  verifyBackupSet(directory, { examineConfig: SOUND, now: new Date('2026-03-01T00:00:00Z'), ...options });

async function codesOf(change: (files: Map<string, Buffer>) => void | Promise<void>, name: string) {
  const report = await verify(await setWith(change));
  const file = report.files.find((candidate) => candidate.name === name);
  return [report.verdict, ...(file?.problems.map(({ code }) => code) ?? ['no such file'])];
}

const codes = (report: VerificationReport): readonly string[] =>
  [...report.problems, ...report.files.flatMap((file) => file.problems)].map(({ code }) => code).sort();

describe('a file whose name is odd', () => {
  it.each([
    ['in Latin-1', Buffer.from('caf\xe9.txt', 'latin1'), 'caf\xe9.txt'],
    ['with an escape sequence', Buffer.from('a\x1b[2Jb'), 'a\x1b[2Jb'],
    ['with a line feed', Buffer.from('a\nVERIFIED: b'), 'a\nVERIFIED: b'],
    ['with the sign for what cannot be decoded', Buffer.from('a\ufffdb'), 'a\ufffdb'],
  ])('is read like any other: %s', async (_, spelled, name) => {
    const directory = await setWith();
    const original = `${directory}-original`;
    await cp(directory, original, { recursive: true });
    for (const folder of [directory, original])
      await writeFile(Buffer.concat([Buffer.from(`${folder}/`), spelled]), 'odd');
    const report = await verify(directory, { against: original });
    await rm(original, { recursive: true });
    const file = report.files.find((candidate) => candidate.name === name);
    expect([report.verdict, file?.status, file?.problems]).toEqual(['VERIFIED', 'ok', []]);
    expect(file?.sha256).toBe(createHash('sha256').update('odd').digest('hex'));
    expect(presentReport(report).join('\n')).not.toMatch(/\x1b|^VERIFIED: b/m);
  });

  it('is found in a manifest that names it in its own encoding', async () => {
    const directory = await setWith();
    const spelled = Buffer.from('caf\xe9.txt', 'latin1');
    await writeFile(Buffer.concat([Buffer.from(`${directory}/`), spelled]), 'odd');
    const report = await verify(directory);
    const lines = report.files.map(({ name, sha256 }) => Buffer.from(`${sha256 ?? ''}  ${name}\n`, 'latin1'));
    await writeFile(`${directory}.sha256`, Buffer.concat(lines));
    expect(codes(await verify(directory))).toEqual([]);
    await rm(`${directory}.sha256`);
  });
});

describe('verifying a sound set', () => {
  it('[R127] gives VERIFIED, with every file read to its end', async () => {
    const report = await verify(await setWith());
    expect(report.verdict).toBe('VERIFIED');
    expect(report.totals.expected).toBe(5);
    expect(report.totals.checked).toBe(5);
    expect(report.files.map(({ role, used, status }) => [role, used, status])).toEqual([
      ['archive', false, 'ok'],
      ['database', false, 'ok'],
      ['application', true, 'ok'],
      ['config', true, 'ok'],
      ['licence', true, 'ok'],
    ]);
  });

  it('reports the SHA-256 and the bytes of each file as they are', async () => {
    const directory = await setWith();
    const report = await verify(directory);
    let total = 0;
    for (const { name, sha256, bytes } of report.files) {
      const content = await readFile(join(directory, name));
      expect(sha256).toBe(createHash('sha256').update(content).digest('hex'));
      expect(bytes).toBe(content.length);
      total += content.length;
    }
    expect(report.totals.bytes).toBe(total);
  });

  it('[R128] leaves the set as it was, at every level', async () => {
    const directory = await setWith();
    const before = await snapshot(directory);
    for (const level of ['quick', 'full', 'restore'] as const) await verify(directory, { level });
    expect(await snapshot(directory)).toEqual(before);
  });

  it('[R132] never uses the database dump, and says why', async () => {
    const report = await verify(await setWith());
    const dump = report.files.find(({ role }) => role === 'database');
    expect(dump?.used).toBe(false);
    expect(dump?.reason).toBe('never imported: the new system starts with an empty database');
  });

  it('is VERIFIED without the dump and without the complete archive, which are not used', async () => {
    const report = await verify(
      await setWith((files) => {
        files.delete(NAMES.database);
        files.delete(NAMES.archive);
      }),
    );
    expect(report.verdict).toBe('VERIFIED');
    expect(report.totals).toMatchObject({ expected: 3, checked: 3 });
  });

  it('lists the extraction directory as not used and does not read it', async () => {
    const directory = await setWith();
    await mkdir(join(directory, 'var/www'), { recursive: true });
    const report = await verify(directory);
    expect(report.files.find(({ name }) => name === 'var')).toMatchObject({
      role: 'extraction',
      used: false,
      status: 'not-read',
    });
    expect(report.verdict).toBe('VERIFIED');
  });

  it('[R13] takes a set of any date and reports the date', async () => {
    const directory = await setWith(async (files) => {
      for (const [role, name] of Object.entries(NAMES)) {
        const renamed = Object.entries(setNames('20310105')).find(([key]) => key === role)?.[1] ?? '';
        files.set(renamed, files.get(name) ?? Buffer.alloc(0));
        files.delete(name);
      }
    });
    const report = await verify(directory);
    expect([report.verdict, report.date]).toEqual(['VERIFIED', '20310105']);
  });

  it('hands the used files to a deployment, with hash, depth and version', async () => {
    const directory = await setWith();
    const { application, licence, config } = usedFiles(await verify(directory));
    expect(application).toMatchObject({
      path: join(directory, NAMES.application),
      version: '2.2.11',
      stripDepth: 3,
      root: 'var/www/mailwizz/',
      hasInstaller: false,
      overrides: [],
    });
    expect(licence.path).toBe(join(directory, NAMES.licence));
    expect(config.sha256).toBe(createHash('sha256').update(CONFIG).digest('hex'));
  });

  it('[R15] shows product, version, platform and expiry of the licence, and nothing else of it', async () => {
    const report = await verify(await setWith());
    expect(report.files.find(({ role }) => role === 'licence')?.facts).toEqual({
      kind: 'licence',
      product: 'PowerMTA',
      version: '5.0',
      platform: 'linux-intel',
      expires: 'perpetual',
    });
    expect(JSON.stringify(report)).not.toMatch(/CD34SECRET|Holidays|c2lnbmF0/);
  });
});

describe('verifying a broken set', () => {
  const flipped = (bytes: Buffer, at: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 0x40;
    return copy;
  };
  const app = (files: Map<string, Buffer>): Buffer => files.get(NAMES.application) ?? Buffer.alloc(0);
  const broken: readonly [string, (bytes: Buffer) => Buffer, string][] = [
    ['cut short', (bytes) => bytes.subarray(0, bytes.length - 20), 'GZIP_TRUNCATED'],
    ['cut within its header', (bytes) => bytes.subarray(0, 5), 'GZIP_TRUNCATED'],
    ['with a damaged checksum', (bytes) => flipped(bytes, bytes.length - 7), 'GZIP_CHECKSUM'],
    ['with a damaged length', (bytes) => flipped(bytes, bytes.length - 3), 'GZIP_LENGTH'],
    ['with zeros after its end', (bytes) => Buffer.concat([bytes, Buffer.alloc(4096)]), 'GZIP_ZERO_PADDING'],
    ['with garbage after its end', (bytes) => Buffer.concat([bytes, Buffer.from('garbage')]), 'GZIP_TRAILING'],
    ['that is no gzip', () => Buffer.from('<html>404</html>'), 'NOT_GZIP'],
    ['of no bytes', () => Buffer.alloc(0), 'EMPTY'],
    ['that holds nothing', () => gzipSync(''), 'GZIP_EMPTY'],
    ['that holds an empty tar', () => gzipSync(Buffer.alloc(10240)), 'TAR_EMPTY'],
    ['that holds no tar', () => gzipSync('just text, long enough for a header. '.repeat(40)), 'TAR_CHECKSUM'],
    ['that is another program', () => gzipSync(tarOf([{ name: 'wordpress/index.php' }])), 'NOT_MAILWIZZ'],
  ];

  for (const [what, damage, code] of broken) {
    it(`[R127] finds an application archive ${what}: ${code}`, async () => {
      const found = await codesOf((files) => void files.set(NAMES.application, damage(app(files))), NAMES.application);
      expect(found).toEqual(['CORRUPT', code]);
    });
  }

  it('finds damage in the middle of the compressed data', async () => {
    const noise = randomBytes(200_000);
    const archive = gzipSync(tarOf([...applicationMembers(), { name: 'var/www/mailwizz/noise.bin', content: noise }]), {
      level: 0,
    });
    const found = await codesOf(
      (files) => void files.set(NAMES.application, flipped(archive, 150_000)),
      NAMES.application,
    );
    expect(found).toEqual(['CORRUPT', 'GZIP_CHECKSUM']);
  });

  it('degrades the set for a damaged file that is not used', async () => {
    const found = await codesOf((files) => void files.set(NAMES.archive, Buffer.from('no archive')), NAMES.archive);
    expect(found).toEqual(['DEGRADED', 'NOT_GZIP']);
  });

  for (const role of ['application', 'licence', 'config'] as const) {
    it(`is CORRUPT without its ${role}`, async () => {
      const report = await verify(await setWith((files) => void files.delete(NAMES[role])));
      expect(report.verdict).toBe('CORRUPT');
      expect(report.files.filter(({ status }) => status === 'missing').map((file) => file.role)).toEqual([role]);
      expect(() => usedFiles(report)).toThrow(`the set has no ${role}`);
    });
  }

  it('[R13] refuses two dates for one role and names both', async () => {
    const report = await verify(await setWith((files) => void files.set('pmta-config-20251231', Buffer.from(CONFIG))));
    expect(report.verdict).toBe('CORRUPT');
    const ambiguous = report.files.filter(({ problems }) => problems.some(({ code }) => code === 'AMBIGUOUS'));
    expect(ambiguous.map(({ name }) => name)).toEqual(['pmta-config-20251231', NAMES.config]);
    for (const { problems } of ambiguous) {
      expect(problems[0]?.message).toContain('pmta-config-20251231, pmta-config-20260216');
    }
  });

  it('[R13] tells when the used files bear different dates', async () => {
    const report = await verify(
      await setWith((files) => {
        files.set('pmta-config-20260301', Buffer.from(CONFIG));
        files.delete(NAMES.config);
      }),
    );
    expect([report.verdict, report.date, codes(report)]).toEqual(['DEGRADED', null, ['MIXED_DATES']]);
  });

  it('finds a licence that is none, and one that has expired', async () => {
    const without = LICENCE_LINES.filter((line) => !line.startsWith('serial')).join('\n');
    const expired = LICENCE_LINES.join('\n').replace('perpetual', '2026-02-28');
    expect(await codesOf((files) => void files.set(NAMES.licence, Buffer.from(without)), NAMES.licence)).toEqual([
      'CORRUPT',
      'LICENCE_FIELD_MISSING',
    ]);
    expect(await codesOf((files) => void files.set(NAMES.licence, Buffer.from(expired)), NAMES.licence)).toEqual([
      'DEGRADED',
      'LICENCE_EXPIRED',
    ]);
  });

  it('reports the faults of the PowerMTA configuration with their lines', async () => {
    const report = await verify(await setWith(), {
      examineConfig: () =>
        Promise.resolve({
          problems: [error('CONFIG_SYNTAX', 'line 7: <domain> is not closed')],
          notes: [],
          included: [],
        }),
    });
    expect(report.verdict).toBe('CORRUPT');
    expect(report.files.find(({ role }) => role === 'config')?.problems).toEqual([
      { code: 'CONFIG_SYNTAX', severity: 'error', message: 'line 7: <domain> is not closed' },
    ]);
  });

  it('takes a file that the configuration includes for a used one: it is compared, and read below folders too', async () => {
    const directory = await setWith((files) => void files.set('gmail.conf', Buffer.from('max-msg-rate 1/h\n')));
    await mkdir(join(directory, 'isps'));
    await writeFile(join(directory, 'isps', 'yahoo.conf'), 'max-msg-rate 2/h\n');
    const examineConfig = () =>
      Promise.resolve({ problems: [], notes: [], included: ['gmail.conf', 'isps/yahoo.conf'] });
    const { verdict, files } = await verify(directory, { examineConfig });
    expect(verdict).toBe('VERIFIED');
    const included = files.filter(({ role }) => role === 'include');
    expect(included.map(({ name, used, status }) => [name, used, status])).toEqual([
      ['gmail.conf', true, 'ok'],
      ['isps/yahoo.conf', true, 'ok'],
    ]);
    const sums = files.flatMap(({ name, sha256 }) => (sha256 === null ? [] : `${sha256}  ${name}\n`)).join('');
    await writeFile(`${directory}.sha256`, sums);
    expect((await verify(directory, { examineConfig })).verdict).toBe('VERIFIED');
    await writeFile(join(directory, 'isps', 'yahoo.conf'), 'max-msg-rate 9/h\n');
    expect((await verify(directory, { examineConfig })).verdict).toBe('CORRUPT');
  });

  it('finds a dump that stops early, and one that is no SQL', async () => {
    const cut = gzipSync(DUMP.slice(0, DUMP.indexOf('-- Dump completed')));
    expect(await codesOf((files) => void files.set(NAMES.database, cut), NAMES.database)).toEqual([
      'DEGRADED',
      'SQL_INCOMPLETE',
    ]);
    const html = gzipSync('<html><body>Error</body></html>');
    expect(await codesOf((files) => void files.set(NAMES.database, html), NAMES.database)).toEqual([
      'DEGRADED',
      'NOT_SQL',
    ]);
  });

  it('stops inflating a bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024));
    expect(await codesOf((files) => void files.set(NAMES.application, bomb), NAMES.application)).toEqual([
      'CORRUPT',
      'BOMB_RATIO',
    ]);
  });

  it('does not read through a symbolic link', async () => {
    const directory = await setWith();
    await rename(join(directory, NAMES.licence), join(directory, '../elsewhere'));
    await symlink('../elsewhere', join(directory, NAMES.licence));
    const report = await verify(directory);
    expect([report.verdict, codes(report)]).toEqual(['CORRUPT', ['SYMLINK']]);
  });

  it('does not hang on a FIFO in the place of a file', async () => {
    const directory = await setWith((files) => void files.delete(NAMES.config));
    await promisify(execFile)('mkfifo', [join(directory, NAMES.config)]);
    const report = await verify(directory);
    expect([report.verdict, codes(report)]).toEqual(['CORRUPT', ['NOT_A_FILE']]);
  });
});

describe('what surrounds the set', () => {
  it('[R123] spoils the verdict when git tracks the set', async () => {
    const directory = await setWith();
    await promisify(execFile)('git', ['init', '-q'], { cwd: directory });
    await promisify(execFile)('git', ['add', '-f', NAMES.licence], { cwd: directory });
    const report = await verify(directory, { repositoriesOf: [directory] });
    expect([report.verdict, codes(report)]).toEqual(['CORRUPT', ['TRACKED_BY_GIT']]);
    expect(report.problems[0]?.message).toContain(NAMES.licence);
  });

  it('may interrupt the verification', async () => {
    const directory = await setWith();
    const scratchDir = join(directory, '../scratch');
    await mkdir(scratchDir);
    const signal = AbortSignal.abort(new Error('stopped by the operator'));
    await expect(verify(directory, { level: 'restore', scratchDir, signal })).rejects.toThrow(
      'stopped by the operator',
    );
    expect(await snapshot(scratchDir)).toHaveLength(1);
  });
});

describe('where nothing can be checked', () => {
  it('[R127] is NOT-CHECKED for a missing directory', async () => {
    const directory = await setWith();
    await rm(directory, { recursive: true });
    const report = await verify(directory);
    expect([report.verdict, codes(report)]).toEqual(['NOT-CHECKED', ['NO_DIRECTORY']]);
    expect(() => usedFiles(report)).toThrow(EeError);
  });

  it('[R127] is NOT-CHECKED for an empty directory', async () => {
    const report = await verify(await setWith((files) => files.clear()));
    expect([report.verdict, report.totals.checked, codes(report)]).toEqual(['NOT-CHECKED', 0, ['EMPTY_DIRECTORY']]);
  });

  it('[R127] is NOT-CHECKED for a directory with nothing but directories', async () => {
    const directory = await setWith((files) => files.clear());
    await mkdir(join(directory, 'var'));
    const report = await verify(directory);
    expect(report.verdict).toBe('NOT-CHECKED');
    expect(codes(report)).toContain('NOTHING_CHECKED');
  });
});

describe('a folder that is no backup set', () => {
  it('[R127] is NOT-CHECKED with one sentence, not a row for each thing in it', async () => {
    const directory = await setWith((files) => {
      files.clear();
      for (const name of ['holiday.jpg', 'notes.txt']) files.set(name, Buffer.from(name));
    });
    const report = await verify(directory);
    expect([report.verdict, report.files, codes(report)]).toEqual(['NOT-CHECKED', [], ['NOT_A_SET']]);
    expect(report.problems[0]?.message).toBe(
      `This does not look like a backup set: ${directory} — none of its 2 items is named like ` +
        'mailwizz-prod-DATE.tar.gz, pmta-license-DATE, pmta-config-DATE.',
    );
  });

  it('is still a set where a name is nearly right', async () => {
    const directory = await setWith((files) => {
      files.clear();
      files.set('pmta-config', Buffer.from('x'));
    });
    expect((await verify(directory)).files.map(({ reason }) => reason)).toContain(
      'resembles pmta-config-DATE, but is not named so',
    );
  });
});

describe('level quick', () => {
  it('never says VERIFIED, since it reads no content', async () => {
    const report = await verify(await setWith(), { level: 'quick' });
    expect([report.verdict, report.totals.bytes, codes(report)]).toEqual(['DEGRADED', 0, ['CONTENT_NOT_READ']]);
    expect(report.files.every(({ status, sha256 }) => status === 'listed' && sha256 === null)).toBe(true);
    expect(() => usedFiles(report)).toThrow('only names and sizes were looked at');
  });

  it('finds a missing file and one of another size than the original', async () => {
    const directory = await setWith();
    const original = join(directory, '../backup-cold');
    await cp(directory, original, { recursive: true });
    await writeFile(join(directory, NAMES.application), 'short');
    await unlink(join(directory, NAMES.licence));
    const report = await verify(directory, { level: 'quick', against: original });
    expect(report.verdict).toBe('CORRUPT');
    expect(codes(report)).toEqual(['CONTENT_NOT_READ', 'DIFFERS_FROM_ORIGINAL', 'MISSING']);
  });
});

describe('level restore', () => {
  it('[R127] unpacks the application on trial and removes what it unpacked', async () => {
    const directory = await setWith();
    const scratchDir = join(directory, '../scratch');
    await mkdir(scratchDir);
    const report = await verify(directory, { level: 'restore', scratchDir });
    const application = report.files.find(({ role }) => role === 'application');
    expect(application?.problems).toEqual([]);
    expect(application?.notes.find(({ code }) => code === 'RESTORED')?.message).toMatch(
      /^unpacked on trial: 6 files, /,
    );
    expect(await snapshot(scratchDir)).toHaveLength(1);
  });

  it('does not unpack an archive with unsafe members', async () => {
    const directory = await setWith((files) => {
      const members = [...applicationMembers(), { name: '../escaped.txt', content: 'x' }];
      files.set(NAMES.application, gzipSync(tarOf(members)));
    });
    const report = await verify(directory, { level: 'restore', scratchDir: join(directory, '..') });
    expect(codes(report)).toContain('MEMBER_PARENT');
    await expect(readFile(join(directory, '../escaped.txt'))).rejects.toThrow('ENOENT');
    expect(report.files.flatMap(({ notes }) => notes).map(({ code }) => code)).not.toContain('RESTORED');
  });
});

describe('comparing with the original', () => {
  const withOriginal = async (): Promise<{ directory: string; original: string }> => {
    const directory = await setWith();
    const original = join(directory, '../backup-cold');
    await cp(directory, original, { recursive: true });
    return { directory, original };
  };

  it('is VERIFIED when all files are the same, and leaves the original as it was', async () => {
    const { directory, original } = await withOriginal();
    const before = await snapshot(original);
    const report = await verify(directory, { against: original });
    expect([report.verdict, report.comparedWith]).toEqual(['VERIFIED', [original]]);
    expect(await snapshot(original)).toEqual(before);
  });

  it('finds a valid archive that was put in the place of another', async () => {
    const { directory, original } = await withOriginal();
    await writeFile(
      join(directory, NAMES.application),
      gzipSync(await packed(applicationMembers('srv/www/mailwizz/'))),
    );
    const report = await verify(directory, { against: original });
    expect([report.verdict, codes(report)]).toEqual(['CORRUPT', ['DIFFERS_FROM_ORIGINAL']]);
  });

  it('finds a change that keeps the size', async () => {
    const { directory, original } = await withOriginal();
    await writeFile(join(directory, NAMES.config), CONFIG.replace('10m', '20m'));
    const report = await verify(directory, { against: original });
    expect([report.verdict, codes(report)]).toEqual(['CORRUPT', ['DIFFERS_FROM_ORIGINAL']]);
  });

  it('takes a licence with other line ends for the same text', async () => {
    const { directory, original } = await withOriginal();
    await writeFile(join(directory, NAMES.licence), `${LICENCE_LINES.join('\n')}\n`);
    const report = await verify(directory, { against: original });
    expect([report.verdict, codes(report)]).toEqual(['DEGRADED', ['LINE_ENDS_DIFFER']]);
  });

  it('names what only one of the two has', async () => {
    const { directory, original } = await withOriginal();
    await unlink(join(directory, NAMES.database));
    await writeFile(join(directory, 'notes.txt'), 'mine');
    const report = await verify(directory, { against: original });
    expect(report.verdict).toBe('DEGRADED');
    expect(
      report.files.filter(({ problems }) => problems.length > 0).map(({ name, status }) => [name, status]),
    ).toEqual([
      [NAMES.database, 'missing'],
      ['notes.txt', 'warning'],
    ]);
  });

  it('stops when there is no original, or when it is the set itself', async () => {
    const directory = await setWith();
    await expect(verify(directory, { against: join(directory, 'nowhere') })).rejects.toMatchObject({
      code: 'BACKUP_ORIGINAL_UNREADABLE',
      exit: 3,
    });
    await expect(verify(directory, { against: directory })).rejects.toMatchObject({ code: 'USAGE', exit: 2 });
  });
});
