import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensurePrivateFolder, extendPrivateFile, readPrivateFile } from '../../src/lib/private-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ee-private-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a private file that cannot be used', () => {
  it('is said to be a folder, once, with what to do', async () => {
    const path = join(folder, 'mail.pem');
    await mkdir(path);
    await expect(readPrivateFile(path)).rejects.toMatchObject({
      message: `${path} cannot be read: it is a folder.`,
      hint: 'Move that folder away, or correct SECRETS_DIR. No existing key was touched.',
    });
    await expect(extendPrivateFile(path, 0, 'x')).rejects.toMatchObject({
      message: `${path} cannot be written: it is a folder.`,
    });
  });

  it('is said to lie in a file', async () => {
    await writeFile(join(folder, 'secrets'), '');
    const path = join(folder, 'secrets', 'dkim');
    await expect(readPrivateFile(path)).rejects.toMatchObject({
      message: `${path} cannot be read: a folder of its path is a file.`,
      hint: 'Move that file away, or correct SECRETS_DIR. No existing key was touched.',
    });
    await expect(ensurePrivateFolder(path)).rejects.toMatchObject({
      message: `${path} cannot be made: a folder of its path is a file.`,
    });
  });
});
