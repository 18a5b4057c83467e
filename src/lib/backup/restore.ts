import { constants, createWriteStream } from 'node:fs';
import { link, lstat, mkdir, mkdtemp, opendir, rm, statfs, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { openRegular } from '../regular-file.js';
import type { FilePath } from './file-name.js';
import { plainPath } from './member-safety.js';
import { error, warning, type ApplicationFacts, type Note, type Problem } from './report.js';

/** Room that is left free on the scratch disk, so that the trial itself does no harm. */
const HEADROOM = 64 * 1024 * 1024;

export interface RestoreResult {
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
}

/**
 * Unpacks the application into a scratch folder, with another tar reader than the one that judged it, counts what came out, has
 * PHP check the syntax of its entry points where PHP is installed, and removes the folder. Only for an archive whose members
 * were all found safe.
 */
export async function tryRestore(
  archive: FilePath,
  facts: ApplicationFacts,
  { scratchDir = tmpdir(), signal }: { readonly scratchDir?: string; readonly signal?: AbortSignal } = {},
): Promise<RestoreResult> {
  const room = await statfs(scratchDir);
  if (room.bavail * room.bsize < facts.unpackedBytes + HEADROOM) {
    const needed = `${facts.unpackedBytes} bytes are needed in ${scratchDir}`;
    return { problems: [warning('RESTORE_NO_SPACE', `not unpacked on trial: ${needed}`)], notes: [] };
  }
  const scratch = await mkdtemp(join(scratchDir, 'ee-restore-'));
  try {
    await unpack(archive, scratch, signal);
    const { files, bytes } = await measure(scratch);
    if (files !== facts.files || bytes !== facts.unpackedBytes) {
      const listed = `${facts.files} files, ${facts.unpackedBytes} bytes`;
      return {
        problems: [error('RESTORE_DIFFERS', `unpacked ${files} files, ${bytes} bytes; listed ${listed}`)],
        notes: [],
      };
    }
    const lint = await lintEntryPoints(join(scratch, facts.root));
    const message = `unpacked on trial: ${files} files, ${bytes} bytes; ${lint.summary}`;
    return { problems: lint.problems, notes: [{ code: 'RESTORED', message }] };
  } catch (cause) {
    signal?.throwIfAborted();
    return { problems: [error('RESTORE_FAILED', `it cannot be unpacked: ${(cause as Error).message}`)], notes: [] };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function unpack(archive: FilePath, root: string, signal?: AbortSignal): Promise<void> {
  const { extract } = await import('tar-stream');
  const members = extract();
  const file = await openRegular(archive, constants.O_NOFOLLOW);
  const bytes = file.createReadStream({ highWaterMark: 1024 * 1024 });
  const flow = pipeline(bytes, createGunzip({ chunkSize: 256 * 1024 }), members, ...(signal ? [{ signal }] : []));
  const links: (() => Promise<void>)[] = [];
  const write = async (): Promise<void> => {
    for await (const member of members) {
      const path = join(root, plainPath(member.header.name));
      const target = member.header.linkname ?? '';
      if (member.header.type === 'directory') await mkdir(path, { recursive: true });
      else await mkdir(dirname(path), { recursive: true });
      // Links last: while files are written, no path can lead through one.
      if (member.header.type === 'symlink') links.push(() => symlink(target, path));
      if (member.header.type === 'link') links.unshift(() => link(join(root, plainPath(target)), path));
      if (member.header.type === 'file') await pipeline(member, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
      else member.resume();
    }
  };
  await Promise.all([flow, write()]);
  for (const make of links) await make();
}

/** Regular files below a folder and their bytes; a hard link counts once, as it does in the listing. */
async function measure(root: string): Promise<{ files: number; bytes: number }> {
  const linked = new Set<number>();
  let files = 0;
  let bytes = 0;
  for await (const entry of await opendir(root, { recursive: true })) {
    if (!entry.isFile()) continue;
    const stat = await lstat(join(entry.parentPath, entry.name));
    if (linked.has(stat.ino)) continue;
    if (stat.nlink > 1) linked.add(stat.ino);
    files++;
    bytes += stat.size;
  }
  return { files, bytes };
}

const ENTRY_POINTS = [
  'index.php',
  'api/index.php',
  'backend/index.php',
  'customer/index.php',
  'frontend/index.php',
  'apps/init.php',
];

async function lintEntryPoints(root: string): Promise<{ problems: readonly Problem[]; summary: string }> {
  const { execa } = await import('execa');
  const problems: Problem[] = [];
  let checked = 0;
  for (const file of ENTRY_POINTS) {
    if (!(await exists(join(root, file)))) continue;
    const result = await execa('php', ['-n', '-l', join(root, file)], {
      reject: false,
      stdin: 'ignore',
      timeout: 30_000,
    });
    if (result.code === 'ENOENT')
      return { problems: [], summary: 'PHP is not installed here, so its syntax was not checked' };
    checked++;
    if (result.exitCode !== 0) problems.push(error('PHP_SYNTAX', `PHP refuses ${file}`));
  }
  return { problems, summary: `PHP accepts ${checked - problems.length} of ${checked} entry points` };
}

async function exists(path: string): Promise<boolean> {
  const file = await openRegular(path, constants.O_NOFOLLOW).catch(() => undefined);
  await file?.close();
  return file !== undefined;
}
