import { stat } from 'node:fs/promises';
import { includesBelow, placeBelow } from './include-folder.js';
import { lintConfiguration, type LintOptions } from './lint.js';
import type { Catalogue } from './catalogue.js';
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
  const source = root === undefined ? undefined : await includesBelow(root);
  const checked = new Map<string, CheckedFile>();
  for (const { file, bytes } of named) {
    const path = root === undefined ? file : await placeBelow(root, file);
    const configuration = await loadConfiguration({ path, name: file, bytes }, source);
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

/** Which of the files every user of this machine can read. */
async function openToAll(files: readonly string[]): Promise<string[]> {
  const modes = await Promise.all(
    files.map(async (file) => ({ file, status: await stat(file).catch(() => undefined) })),
  );
  return modes.flatMap(({ file, status }) => (status?.isFile() && (status.mode & 0o004) !== 0 ? file : []));
}
