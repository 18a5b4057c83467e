import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, bench, describe } from 'vitest';
import { verifyBackupSet } from '../../src/lib/backup/verify-set.js';
import { makeBackupSet } from '../../src/lib/lab/backup-set.js';

/** Megabytes of ballast that a dump of this size would have; half of it compresses. */
const MEGABYTES = 200;
const ONCE = { iterations: 3, time: 0, warmupIterations: 1, warmupTime: 0 };

const folder = mkdtempSync(join(tmpdir(), 'ee-bench-'));
const set = join(folder, 'set');
await makeBackupSet(set);
const half = (MEGABYTES / 2) * 1e6;
const dump = Buffer.concat([
  Buffer.from('-- MySQL dump\n'),
  randomBytes(half),
  Buffer.alloc(half, "INSERT INTO `list` VALUES (1,'a line as a dump has many of');\n"),
]);
writeFileSync(join(set, 'mailapp-prod-20260216.sql.gz'), gzipSync(dump, { level: 6 }));
afterAll(() => rmSync(folder, { recursive: true }));

describe(`a backup set with ${MEGABYTES} MB in its dump`, () => {
  bench(
    'verify: hashes, gzip, tar, members, licence, configuration',
    async () => void (await verifyBackupSet(set)),
    ONCE,
  );

  bench(
    'what an operator types: sha256sum * and gzip -t *.gz',
    async () => void (await execa('sh', ['-c', 'cd "$1" && sha256sum ./*.gz pmta-* && gzip -t ./*.gz', 'sh', set])),
    ONCE,
  );
});
