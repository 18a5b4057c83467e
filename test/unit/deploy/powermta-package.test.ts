import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { licenceDoubts, powermtaPackage } from '../../../src/lib/deploy/powermta-package.js';
import { settingsWith } from '../../support/role-inputs.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ee-pmta-package-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function deb(name: string, architecture = 'amd64'): Promise<string> {
  const tree = join(folder, `${name}-tree`);
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  const control = `Package: ${name}\nVersion: 5.0r8\nArchitecture: ${architecture}\nMaintainer: x\nDescription: x\n`;
  await writeFile(join(tree, 'DEBIAN', 'control'), control);
  await execa('dpkg-deb', ['--build', tree, join(folder, `${name}.deb`)]);
  return join(folder, `${name}.deb`);
}

const taken = (path: string, sha256?: string) =>
  powermtaPackage(settingsWith({ PMTA_PACKAGE: path, ...(sha256 ? { PMTA_PACKAGE_SHA256: sha256 } : {}) }));

describe('the package that the settings name', () => {
  it('[R14] [R60] is taken when it is PowerMTA for this processor, with the checksum that the settings say', async () => {
    const path = await deb('powermta');
    const { sha256 } = await taken(path);
    expect(await taken(path, sha256.toUpperCase())).toMatchObject({ format: 'deb', version: '5.0r8', path });
    await expect(taken(path, 'f'.repeat(64))).rejects.toMatchObject({
      code: 'PACKAGE_UNFIT',
      exit: 2,
      message: `${path} (PMTA_PACKAGE) is not taken: its SHA-256 is ${sha256}, and PMTA_PACKAGE_SHA256 says ${'f'.repeat(64)}. No host was touched.`,
    });
  });

  it.each([
    ['powermta-api', 'amd64', 'it is the add-on powermta-api, and not PowerMTA itself'],
    ['postfix', 'amd64', 'it is the package postfix, and not PowerMTA'],
    ['powermta', 'arm64', 'it is built for arm64, and VPS2 needs amd64'],
  ])('[R14] is not %s for %s', async (name, architecture, reason) => {
    await expect(taken(await deb(name, architecture))).rejects.toThrow(`(PMTA_PACKAGE) is not taken: ${reason}.`);
  });

  it('[R14] is exactly one, and not a pattern, a folder or a web page', async () => {
    await mkdir(join(folder, 'folder.deb'));
    await writeFile(join(folder, 'page.deb'), '<html>log in</html>');
    await expect(taken(join(folder, '*.deb'))).rejects.toThrow('it is a pattern, and exactly one file is to be named');
    await expect(taken(join(folder, 'folder.deb'))).rejects.toThrow('it is a folder');
    await expect(taken(join(folder, 'page.deb'))).rejects.toThrow('it is a web page');
    await expect(taken(join(folder, 'absent.deb'))).rejects.toMatchObject({ code: 'FILE_MISSING' });
  });
});

describe('a licence beside the package', () => {
  const file = { format: 'deb', name: 'powermta', architecture: 'amd64', path: '/p', bytes: 1, sha256: '' } as const;
  const licence = {
    kind: 'licence',
    product: 'PowerMTA',
    version: '5.0',
    platform: 'linux-intel',
    expires: 'never',
  } as const;

  it('[R14] gives no doubt where both fit', () => {
    for (const version of ['5.0r8', '4.5r1', '1:5.5-1'])
      expect(licenceDoubts({ ...file, version }, licence)).toEqual([]);
    expect(licenceDoubts({ ...file, version: 'r8' }, { ...licence, version: null, platform: null })).toEqual([]);
    expect(licenceDoubts({ ...file, version: '5.0' }, undefined)).toEqual([]);
  });

  it('[R14] is doubted where it is for an older version, another product or another system; PowerMTA decides', () => {
    const other = { ...licence, product: 'Something', platform: 'win-x64' };
    expect(licenceDoubts({ ...file, version: '6.0r1' }, other)).toEqual([
      'The licence is for Something, and not for PowerMTA.',
      'PMTA_PACKAGE is powermta 6.0r1, and the licence says version 5.0: PowerMTA may refuse it.',
      'The licence is for win-x64, and VPS2 runs Linux on x86_64.',
    ]);
  });
});
