import { createTwoFilesPatch } from 'diff';
import type { Catalogue } from './catalogue.js';
import type { NamedFile } from './check-files.js';
import { fixed } from './fix.js';
import type { LintOptions } from './lint.js';
import { parseDocument } from './parse.js';
import type { Problem } from './problem.js';
import { withoutSecretLines } from './redact.js';
import { replaceConfiguration } from './write-fixed.js';

/** What was repaired in one file, or would be. */
export interface Repair {
  readonly file: string;
  readonly repaired: readonly Problem[];
  readonly after: Uint8Array;
  /** Where the file as it was is kept, once it was replaced. */
  readonly copy?: string;
  /** With passwords hidden. */
  readonly diff: string;
}

export interface RepairOptions extends LintOptions {
  readonly dryRun: boolean;
  readonly now: Date;
}

/** Repairs files in their place, all but what came from standard input (`-`); with `dryRun` only tells what would change. */
export async function repairFiles(
  named: readonly NamedFile[],
  catalogue: Catalogue,
  { dryRun, now, ...options }: RepairOptions,
): Promise<Repair[]> {
  const repairs: Repair[] = [];
  for (const { file, bytes } of named) {
    const { text, repaired } = fixed(parseDocument(bytes), catalogue, options);
    const after = Buffer.from(text, 'latin1');
    const before = Buffer.from(bytes).toString('latin1');
    const repair = { file, repaired, after, diff: text === before ? '' : difference(file, before, text) };
    const writes = !dryRun && file !== '-' && text !== before;
    repairs.push(writes ? { ...repair, copy: await replaceConfiguration(file, bytes, after, now) } : repair);
  }
  return repairs;
}

function difference(file: string, before: string, after: string): string {
  return createTwoFilesPatch(file, file, withoutSecretLines(before), withoutSecretLines(after), 'as it is', 'repaired');
}
