import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeName } from './tar-header.js';

/** A path as the file system takes it: bytes where a name in it is not UTF-8, which a text cannot hold. */
export type FilePath = string | Buffer;

/** The name of a file as it is shown, and as it is spelled where that is not UTF-8. */
export interface FileName {
  readonly name: string;
  readonly spelled?: Buffer;
}

/** The names in a folder. Those that are not UTF-8 are read as Latin-1, as old systems wrote them. */
export async function namesIn(directory: string): Promise<readonly FileName[]> {
  const names = await readdir(directory, { encoding: 'buffer' });
  return names.map((bytes) => {
    const name = decodeName(bytes);
    return Buffer.from(name).equals(bytes) ? { name } : { name, spelled: bytes };
  });
}

/** Where the file of this name is in the folder. */
export const pathIn = (directory: string, { name, spelled }: FileName): FilePath =>
  spelled === undefined ? join(directory, name) : Buffer.concat([Buffer.from(`${directory}/`), spelled]);
