import { readFile, readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** The two archives that the stand-in's sources make: as the vendor ships it, and as production was backed up. */
export type Variant = 'fresh' | 'backup';

/** A folder, or a file with its bytes. `path` has no leading or trailing slash. */
export interface TreeEntry {
  readonly path: string;
  readonly mode: number;
  /** Absent for a folder. */
  readonly content?: Buffer;
}

/** assets/lab/mailwizz/layout.json: how its source folders become an application tree. */
interface Layout {
  readonly prefix: string;
  readonly strip_endings: readonly string[];
  readonly leave_out_prefix: string;
  readonly modes: Readonly<Record<string, string>>;
  readonly variants: Readonly<
    Record<Variant, { readonly sources: Readonly<Record<string, string>>; readonly directories: readonly string[] }>
  >;
}

/** Composes the application stand-in of a variant, in the order of its paths, each folder before what it holds. */
export async function applicationTree(sources: string, variant: Variant): Promise<TreeEntry[]> {
  const layout = JSON.parse(await readFile(join(sources, 'layout.json'), 'utf8')) as Layout;
  const { sources: folders, directories } = layout.variants[variant];
  const files = new Map<string, Buffer>();
  for (const [source, target] of Object.entries(folders)) {
    for (const file of await filesBelow(join(sources, source), layout.leave_out_prefix)) {
      const name = layout.strip_endings.reduce(
        (path, ending) => (path.endsWith(ending) ? path.slice(0, -ending.length) : path),
        file,
      );
      files.set(posix.join(layout.prefix, target, name), await readFile(join(sources, source, file)));
    }
  }
  const within = (path: string): string => posix.join(layout.prefix, path);
  const modes = new Map(Object.entries(layout.modes).map(([path, mode]) => [within(path), parseInt(mode, 8)]));
  return inOrder(files, directories.map(within), modes);
}

function inOrder(
  files: ReadonlyMap<string, Buffer>,
  directories: readonly string[],
  modes: ReadonlyMap<string, number>,
): TreeEntry[] {
  const folders = new Set(directories.flatMap((folder) => [folder, ...foldersAbove(folder)]));
  for (const path of files.keys()) for (const folder of foldersAbove(path)) folders.add(folder);
  const entries: TreeEntry[] = [...folders].map((path) => ({ path, mode: 0o755 }));
  for (const [path, content] of files) entries.push({ path, mode: modes.get(path) ?? 0o644, content });
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** `a/b/c` lies below `a/b` and `a`. */
function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

async function filesBelow(folder: string, leaveOut: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => !name.startsWith(leaveOut))
      .map(async (entry) =>
        entry.isDirectory()
          ? (await filesBelow(join(folder, entry.name), leaveOut)).map((file) => posix.join(entry.name, file))
          : [entry.name],
      ),
  );
  return found.flat();
}
