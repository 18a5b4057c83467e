import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EeError } from '../errors.js';
import { readRegular } from '../regular-file.js';
import { error, type Problem, type VerificationReport } from './report.js';
import { decodeName } from './tar-header.js';

/** Name → hex SHA-256, and where it was read. */
export interface Manifest {
  readonly file: string;
  readonly sums: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/** Where the manifest of a set stands: beside it, since nothing is ever written into a set. */
export const manifestPath = (directory: string): string => join(dirname(directory), `${basename(directory)}.sha256`);

/** A manifest that came along inside of the set. */
export const INNER_MANIFEST = 'SHA256SUMS';

/** Reads the manifests of a set, the one beside it and one within it; those that do not exist are left out. */
export async function readManifests(directory: string): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = [];
  for (const file of [manifestPath(directory), join(directory, INNER_MANIFEST)]) {
    try {
      manifests.push(parseManifest(file, textOf(await readRegular(file))));
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT') continue;
      manifests.push({ file, sums: new Map(), problems: [error('MANIFEST_UNREADABLE', `${file}: ${message}`)] });
    }
  }
  return manifests;
}

/** Its lines, each as names are read: a file of one encoding may name files of another. */
const textOf = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .split('\n')
    .map((line) => decodeName(Buffer.from(line, 'latin1')))
    .join('\n');

/** Parses the format of sha256sum: `HEX  name` or `HEX *name` a line; a leading backslash marks an escaped name. */
export function parseManifest(file: string, text: string): Manifest {
  const sums = new Map<string, string>();
  const problems: Problem[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (line === '' || line.startsWith('#')) return;
    const match = /^(\\?)([0-9a-fA-F]{64}) [ *](.+)$/.exec(line);
    const at = `${file}, line ${index + 1}`;
    if (match === null) return void problems.push(error('MANIFEST_SYNTAX', `${at}: not "SHA-256  name"`));
    const written = (match[3] ?? '').replace(/^\.\//, '');
    const name = match[1] === '' ? written : written.replace(/\\([n\\])/g, (_, char) => (char === 'n' ? '\n' : '\\'));
    const sum = (match[2] ?? '').toLowerCase();
    if ((sums.get(name) ?? sum) !== sum) problems.push(error('MANIFEST_SYNTAX', `${at}: another sum for ${name}`));
    sums.set(name, sum);
  });
  if (sums.size === 0) problems.push(error('MANIFEST_SYNTAX', `${file}: it names no file`));
  return { file, sums, problems };
}

/** The manifest of a set, as `sha256sum` writes it; `cd DIR && sha256sum -c ../DIR.sha256` checks it. */
export function renderManifest(report: VerificationReport): string {
  return report.files
    .filter(({ name, sha256 }) => sha256 !== null && name !== INNER_MANIFEST)
    .map(({ name, sha256 }) => {
      const escaped = name.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
      return `${escaped === name ? '' : '\\'}${sha256 ?? ''}  ${escaped}\n`;
    })
    .sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1))
    .join('');
}

/**
 * Writes the manifest beside the set and returns its path. Only of a set that was read whole and is sound: a manifest must never
 * bless a damaged file, nor replace one that says otherwise.
 */
export async function writeManifest(report: VerificationReport): Promise<string> {
  const path = manifestPath(report.directory);
  const refuse = (reason: string): EeError => new EeError('BACKUP_MANIFEST_REFUSED', { path, reason });
  if (report.level === 'quick') throw refuse('at level quick no content is read');
  if (report.verdict !== 'VERIFIED' && report.verdict !== 'DEGRADED') throw refuse(`the verdict is ${report.verdict}`);
  if (report.files.some((file) => file.problems.some(({ severity }) => severity === 'error'))) {
    throw refuse('a file of the set is damaged, missing, or not the one that the existing manifest names');
  }
  const temporary = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(renderManifest(report));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new EeError('BACKUP_MANIFEST_REFUSED', { path, reason: (cause as Error).message }, { cause });
  }
  return path;
}
