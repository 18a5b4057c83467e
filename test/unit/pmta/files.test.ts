import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configurationIn } from '../../../src/lib/pmta/backup-config.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ee-pmta-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('the configuration of a backup set', () => {
  it.each(['pmta-config', 'pmta-config-20260216', 'pmta-config-2026-02-16'])(
    'is found by its name: %s',
    async (name) => {
      for (const other of [name, 'pmta-license-20260216', 'pmta-config-20260216.bak', 'config'])
        await writeFile(join(dir, other), '');
      expect(await configurationIn(dir)).toBe(join(dir, name));
    },
  );

  it('is not guessed where there are several, or none', async () => {
    await expect(configurationIn(dir)).rejects.toMatchObject({
      code: 'PMTA_CONFIG_NOT_FOUND',
      exit: 2,
      facts: { dir },
    });
    for (const name of ['pmta-config-20260216', 'pmta-config-20250101']) await writeFile(join(dir, name), '');
    await expect(configurationIn(dir)).rejects.toMatchObject({
      code: 'PMTA_CONFIG_AMBIGUOUS',
      exit: 2,
      facts: { dir, files: ['pmta-config-20250101', 'pmta-config-20260216'] },
    });
    await expect(configurationIn(join(dir, 'nowhere'))).rejects.toMatchObject({ code: 'PMTA_CONFIG_NOT_FOUND' });
  });
});
