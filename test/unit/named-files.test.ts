import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bounceAfterOf } from '../../src/lib/deploy/bounce-after.js';
import { engineBundle } from '../../src/lib/deploy/engine-bundle.js';
import { installerFolder } from '../../src/lib/deploy/mailwizz/installer-folder.js';
import { withRelease } from '../../src/lib/deploy/mailwizz/release.js';
import { renderedConfiguration } from '../../src/lib/deploy/pmta/wanted-configuration.js';
import { withOverlay } from '../../src/lib/deploy/overlay.js';
import { powermtaPackage } from '../../src/lib/deploy/powermta-package.js';
import { readVerified } from '../../src/lib/deploy/read-verified.js';
import { EeError } from '../../src/lib/errors.js';
import { readConfiguration } from '../../src/lib/pmta/read-configuration.js';
import { extendPrivateFile, readPrivateFile } from '../../src/lib/private-file.js';
import { openRegular, readNamed, readNamedIfThere, readRegular } from '../../src/lib/regular-file.js';
import { loadSettings } from '../../src/lib/settings/load.js';
import { replaceSettingsFile } from '../../src/lib/settings/write.js';
import { findIdentities } from '../../src/lib/ssh/identities.js';
import { findKnownKeys } from '../../src/lib/ssh/known-hosts.js';
import { settingsWith } from '../support/role-inputs.js';

let folder: string;
let pipe: string;
let socket: Server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ee-named-'));
  pipe = join(folder, 'pmta-config');
  await execa('mkfifo', ['-m', '600', pipe]);
  await mkdir(join(folder, 'install'));
  await execa('mkfifo', [join(folder, 'install', 'index.php')]);
  socket = createServer().listen(join(folder, 'socket'));
});
afterAll(async () => {
  socket.close();
  await rm(folder, { recursive: true, force: true });
});

const failureOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => 'it was read',
    (error: unknown) => error,
  );

describe('a named pipe in the place of a file', () => {
  // Nobody writes to it: what opens it as a file waits for ever.
  it.each([
    ['PMTA_PACKAGE', () => powermtaPackage({ pmta: { ...settingsWith({}).pmta, package: pipe } })],
    ['ENGINE_SOURCE', () => engineBundle(pipe)],
    ['MAILWIZZ_INSTALL_DIR', () => installerFolder(join(folder, 'install'))],
    ['SSH_KEY', () => findIdentities({ user: 'root', keyFile: pipe, agentSocket: undefined, config: sshConfig() })],
    ['SSH_KNOWN_HOSTS', () => findKnownKeys(pipe, '192.0.2.1')],
    ['PMTA_OVERLAY', () => withOverlay({ nodes: [], problems: [] }, settingsWith({ PMTA_OVERLAY: pipe }), [])],
    ['--env-file', () => loadSettings(pipe)],
    ['--env-file', () => replaceSettingsFile(pipe, 'BASE_DOMAIN=lab.example\n')],
    ['BACKUP_DIR', () => renderedConfiguration(settingsWith({ BACKUP_DIR: folder }), undefined)],
    ['BACKUP_DIR', () => bounceAfterOf(settingsWith({ BACKUP_DIR: folder }))],
    ['BACKUP_DIR', () => readVerified({ path: pipe, bytes: 1, sha256: 'a'.repeat(64) })],
    ['SECRETS_DIR', () => readPrivateFile(pipe)],
    ['SECRETS_DIR', () => extendPrivateFile(pipe, 0, 'x')],
    ['ee pmta check FILE', () => readConfiguration(pipe)],
    ['ee mailwizz upgrade FILE', () => withRelease(pipe, new AbortController().signal, () => Promise.resolve())],
  ])('is refused at once as %s, and the failure says which', async (named, read) => {
    const error = await failureOf(read());
    expect(error).toBeInstanceOf(EeError);
    const { message, hint } = error as EeError;
    expect(message).toMatch(/pmta-config|index\.php/);
    expect(message).toMatch(/a named pipe|not a file/);
    if (!named.startsWith('ee ')) expect(`${message} ${hint}`).toContain(named);
  });

  const sshConfig = () => ({}) as Parameters<typeof findIdentities>[0]['config'];
});

describe('a file that is read as a whole', () => {
  it('is a regular one, or a link to one', async () => {
    await writeFile(join(folder, 'plain'), 'content');
    await symlink(join(folder, 'plain'), join(folder, 'link'));
    expect((await readNamed(join(folder, 'link'), 'A_SETTING')).toString()).toBe('content');
    await expect(readRegular(folder)).rejects.toThrow('it is a folder');
    await expect(readRegular('/dev/zero')).rejects.toThrow('it is a device');
    await expect(readRegular(join(folder, 'socket'))).rejects.toThrow('it is a socket');
    await expect(readRegular(join(folder, 'absent'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(readNamed(folder, 'A_SETTING')).rejects.toMatchObject({
      code: 'FILE_UNFIT',
      exit: 2,
      message: `${folder} (A_SETTING) cannot be read: it is a folder.`,
      hint: 'Name a regular file with A_SETTING, and run the same command again.',
    });
  });

  it('need not be there, where that is so', async () => {
    expect(await readNamedIfThere(join(folder, 'absent'), 'A_SETTING')).toBeUndefined();
    await expect(readNamedIfThere(join(folder, 'socket', 'x'), 'A_SETTING')).rejects.toMatchObject({
      code: 'FILE_UNFIT',
    });
    await expect(readNamedIfThere(folder, 'A_SETTING')).rejects.toMatchObject({ code: 'FILE_UNFIT' });
  });

  it('has a bound', async () => {
    await writeFile(join(folder, 'large'), Buffer.alloc(3 * 1024 * 1024));
    expect(await readRegular(join(folder, 'large'), 3 * 1024 * 1024)).toHaveLength(3 * 1024 * 1024);
    await expect(readRegular(join(folder, 'large'), 2 * 1024 * 1024)).rejects.toThrow('it is larger than 2 MB');
  });

  it('is closed again where it is refused', async () => {
    await chmod(pipe, 0o600);
    for (let time = 0; time < 50; time += 1) await failureOf(openRegular(pipe));
    const { stdout } = await execa('sh', [
      '-c',
      `ls -l /proc/${process.pid}/fd 2>/dev/null | grep -c pmta-config || :`,
    ]);
    expect(stdout).toBe('0');
  });
});
