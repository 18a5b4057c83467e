import { constants } from 'node:fs';
import { access, lstat, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EeError } from '../errors.js';
import { NotRegularFile, openRegular, readRegular, refuse } from '../regular-file.js';
import { keyType } from './host-key.js';
import { runLocal } from './local-program.js';

/** One key that the known_hosts file has for a host. `authority` keys sign certificates, which are not used here. */
export interface KnownKey {
  readonly kind: 'trusted' | 'revoked' | 'authority';
  readonly type: string;
  readonly blob: Buffer;
}

export type Verdict = 'known' | 'unknown' | 'changed' | 'revoked';

/** How known_hosts writes a host: its name, or `[name]:port` off port 22. */
export function knownHostsName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/** Reads what `ssh-keygen -F` prints: comments and lines of known_hosts. Lines without a readable key are passed over. */
export function parseKnownHosts(text: string): KnownKey[] {
  const keys: KnownKey[] = [];
  for (const line of text.split(/\r?\n/)) {
    const fields = line.trim().split(/[ \t]+/);
    if (fields[0] === undefined || fields[0] === '' || fields[0].startsWith('#')) continue;
    const marker = fields[0].startsWith('@') ? fields.shift() : undefined;
    const [, type, encoded] = fields;
    if (type === undefined || encoded === undefined) continue;
    const kind = marker === undefined ? 'trusted' : marker === '@revoked' ? 'revoked' : 'authority';
    keys.push({ kind, type, blob: Buffer.from(encoded, 'base64') });
  }
  return keys;
}

/**
 * What to think of the key that a host shows. A host with known keys that shows another one is changed, whatever the type
 * of that key: accepting "one more key" would let anybody in between choose a type that is not known yet.
 */
export function judge(known: readonly KnownKey[], shown: Buffer): Verdict {
  const holds = (kind: KnownKey['kind']) => known.some((key) => key.kind === kind && key.blob.equals(shown));
  if (holds('revoked')) return 'revoked';
  if (holds('trusted')) return 'known';
  return known.some((key) => key.kind === 'trusted') ? 'changed' : 'unknown';
}

/** The status of `ssh-keygen -F` where the file has no key of that name. */
const NOT_FOUND = 1;

const lastLine = (text: string): string => text.trim().split('\n').at(-1) || 'it says nothing';

/**
 * The keys of `name` in the file: `ssh-keygen -F` knows hashed names, patterns and markers. No file means no keys. One that
 * cannot be read does not: throws SSH_KNOWN_HOSTS_UNREADABLE, and SSH_TOOL_SILENT where there is no answer.
 */
export async function findKnownKeys(file: string, name: string, signal?: AbortSignal): Promise<KnownKey[]> {
  if (!(await exists(file))) return [];
  await assertEnds(file);
  const { status, stdout, stderr } = await runLocal('ssh-keygen', ['-F', name, '-f', file], { signal });
  if (status > NOT_FOUND) throw new EeError('SSH_KNOWN_HOSTS_UNREADABLE', { file, name, reason: lastLine(stderr) });
  return parseKnownHosts(stdout);
}

/** ssh-keygen waits for ever at a named pipe; /dev/null is how one says "no keys". */
async function assertEnds(file: string): Promise<void> {
  if (file === '/dev/null') return;
  try {
    await (await openRegular(file)).close();
  } catch (error) {
    // A folder or a file of somebody else is said where a key is written.
    if (error instanceof NotRegularFile && error.code !== 'EISDIR') refuse(file, 'SSH_KNOWN_HOSTS', error);
  }
}

/**
 * Appends a key, once, as one write, while no other run does the same. Creates the file (0600) and its folder (0700), but
 * not the parents of that: a path with more missing is mistyped. Throws SSH_KNOWN_HOSTS.
 */
export async function recordKey(file: string, name: string, blob: Buffer): Promise<void> {
  try {
    await makeFolder(dirname(file));
    await append(file, name, blob);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof EeError || code === undefined) throw error;
    throw new EeError('SSH_KNOWN_HOSTS', { file, name, reason: reasonFor(code) }, { cause: error });
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** What a system error means for this file. */
function reasonFor(code: string): string {
  const reasons: Readonly<Record<string, string>> = {
    EISDIR: 'it is a folder',
    ENOTDIR: 'what should be its folder is a file',
    ENOENT: 'the folder that it should be in does not exist',
    EACCES: 'you may not write there',
    EPERM: 'you may not write there',
    EROFS: 'its file system is read-only',
    ENOSPC: 'the disk is full',
    ELOCKED:
      'another run keeps its lock (the file beside it that ends in .ee-lock); if none is running, remove that file',
  };
  return reasons[code] ?? code;
}

async function append(file: string, name: string, blob: Buffer): Promise<void> {
  await whileLocked(`${file}.ee-lock`, async () => {
    if (judge(await findKnownKeys(file, name), blob) !== 'unknown') return;
    const before = (await exists(file)) ? await readRegular(file) : Buffer.alloc(0);
    const unended = before.length > 0 && before.at(-1) !== 0x0a;
    const handle = await open(file, constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY, 0o600);
    try {
      await handle.write(`${unended ? '\n' : ''}${name} ${keyType(blob)} ${blob.toString('base64')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

const LOCK_STALE_MS = 10_000;
const LOCK_RETRY_MS = 25;
/** So often is it tried: longer than a lock can be held by runs that live, however wrong its time is. */
const LOCK_TRIES = 480;

async function whileLocked(lock: string, work: () => Promise<void>): Promise<void> {
  for (let left = LOCK_TRIES; ; left -= 1) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      // Its holder needs milliseconds: an old lock is the leftover of a killed run.
      const age = await lstat(lock).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      );
      if (left === 0) throw Object.assign(new Error(lock), { code: 'ELOCKED' });
      if (age > LOCK_STALE_MS) await rm(lock, { force: true });
      else await sleep(LOCK_RETRY_MS);
    }
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
