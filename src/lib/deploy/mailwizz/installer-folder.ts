import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { EeError } from '../../errors.js';
import { INSTALLER } from '../../mailwizz/layout.js';
import { versionIn } from '../../mailwizz/version.js';
import { STAGING } from '../../converge/paths.js';
import { WEB_ROOT } from '../../roles/mailwizz.js';
import { readNamed, readRegular } from '../../regular-file.js';
import { quote } from '../../ssh/shell-quote.js';
import { make, type Work } from './work.js';

/** The vendor's install/ folder on this machine. */
export interface InstallerFolder {
  readonly path: string;
  readonly version: string;
}

/** A wizard has some hundred files; more is another folder. */
const MOST_FILES = 5000;

/**
 * Looks at MAILWIZZ_INSTALL_DIR. Its version is the one that it says itself, or that of the release in which it lies. Refuses what is
 * not a wizard.
 */
export async function installerFolder(path: string): Promise<InstallerFolder> {
  const setting = 'MAILWIZZ_INSTALL_DIR';
  const index = await text(join(path, 'index.php'));
  if (index === undefined) {
    throw new EeError('FILE_MISSING', { what: "The wizard's index.php", path: join(path, 'index.php'), setting });
  }
  const beside = (await text(join(path, '..', 'apps', 'init.php'))) ?? '';
  const version = versionIn(index) ?? versionIn(beside);
  if (version === undefined) {
    throw new EeError('MAILWIZZ_INSTALLER_UNFIT', {
      path,
      reason: 'neither its index.php nor apps/init.php beside it tells a version (MW_VERSION)',
    });
  }
  return { path, version };
}

/** Nothing where there is none, or where it cannot be read; throws FILE_UNFIT for what is not a regular file. */
async function text(path: string): Promise<string | undefined> {
  try {
    return (await readNamed(path, 'MAILWIZZ_INSTALL_DIR')).toString('utf8');
  } catch (error) {
    if (error instanceof EeError) throw error;
    return undefined;
  }
}

/** Puts the folder beside the application on the host, in one rename. */
export async function bringInstaller(work: Work, { path, version }: InstallerFolder): Promise<void> {
  const content = await packed(path);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const staged = `${STAGING}/${sha256}.tar.gz`;
  const fresh = quote(`${WEB_ROOT}/${INSTALLER}.ee-new`);
  await make(work, 'mailwizz:installer', {
    action: 'create',
    summary: `bring the wizard of MailWizz ${version}, which the host alone can reach`,
    uploads: [{ source: content, bytes: content.length, sha256, target: staged }],
    script: [
      `rm -rf ${fresh}`,
      `mkdir -m 0755 ${fresh}`,
      `tar -xzf ${staged} -C ${fresh} --no-same-owner --no-same-permissions`,
      `chown -R root:root ${fresh}`,
      `chmod -R u=rwX,go=rX ${fresh}`,
      `mv -T ${fresh} ${quote(`${WEB_ROOT}/${INSTALLER}`)}`,
      `rm -f ${staged}`,
    ].join('\n'),
  });
}

async function packed(folder: string): Promise<Buffer> {
  const { pack } = await import('tar-stream');
  const archive = pack();
  const chunks: Buffer[] = [];
  archive.on('data', (chunk: unknown) => chunks.push(chunk as Buffer));
  const ended = new Promise<void>((resolve, reject) => archive.once('end', resolve).once('error', reject));
  for (const name of await filesIn(folder)) archive.entry({ name, mode: 0o644 }, await readRegular(join(folder, name)));
  archive.finalize();
  await ended;
  return promisify(gzip)(Buffer.concat(chunks));
}

/** Paths of the regular files below a folder. What is a link or a device has no business in a wizard. */
async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (below: string): Promise<void> => {
    for (const name of (await readdir(join(folder, below))).sort()) {
      const path = posix.join(below, name);
      const info = await lstat(join(folder, path));
      if (info.isDirectory()) await visit(path);
      else if (info.isFile() && found.length < MOST_FILES) found.push(path);
      else {
        const reason = info.isFile() ? `it has more than ${MOST_FILES} files` : `${path} in it is not a regular file`;
        throw new EeError('MAILWIZZ_INSTALLER_UNFIT', { path: folder, reason });
      }
    }
  };
  await visit('');
  return found;
}
