import { stat } from 'node:fs/promises';
import { includesBelow, placeBelow } from './include-folder.js';
import { lintConfiguration, type LintOptions } from './lint.js';
import type { Catalogue } from './catalogue.js';
import type { Configuration } from './configuration.js';
import { printDocument } from './document.js';
import { loadConfiguration } from './load-configuration.js';
import type { Problem } from './problem.js';

/** One named file, and what it holds. */
export interface NamedFile {
  readonly file: string;
  readonly bytes: Uint8Array;
}

export interface CheckedFile extends NamedFile {
  readonly problems: readonly Problem[];
}

export interface CheckOptions extends LintOptions {
  /** The folder that stands for the root of the host, below which includes are followed. */
  readonly root?: string | undefined;
}

/** Checks files, and with a root what they include; each file once, however many lead to it. */
export async function checkFiles(
  named: readonly NamedFile[],
  catalogue: Catalogue,
  { root, ...options }: CheckOptions,
): Promise<CheckedFile[]> {
  const checked = new Map<string, CheckedFile>();
  for (const { file, bytes } of named) {
    const configuration = await configurationFrom({ file, bytes }, root);
    const worldReadable = await openToAll(configuration.files.map(({ name }) => name));
    const host = { ...options.host, worldReadable };
    for (const report of lintConfiguration(configuration, catalogue, { ...options, host })) {
      const { name, document } = report.file;
      const earlier = checked.get(name);
      if (!earlier) checked.set(name, { file: name, bytes: printDocument(document), problems: report.problems });
    }
  }
  return [...checked.values()];
}

/** A file with what it includes, where a folder is given that stands for the root of the host. */
export async function configurationFrom({ file, bytes }: NamedFile, root: string | undefined): Promise<Configuration> {
  if (root === undefined) return loadConfiguration({ path: file, name: file, bytes }, undefined);
  const source = await includesBelow(root);
  return loadConfiguration({ path: await placeBelow(root, file), name: file, bytes }, source);
}

/** Which of the files every user of this machine can read. */
async function openToAll(files: readonly string[]): Promise<string[]> {
  const modes = await Promise.all(
    files.map(async (file) => ({ file, status: await stat(file).catch(() => undefined) })),
  );
  return modes.flatMap(({ file, status }) => (status?.isFile() && (status.mode & 0o004) !== 0 ? file : []));
}
