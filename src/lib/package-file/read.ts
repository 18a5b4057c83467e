import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { looksLikeDeb, readDeb, type ReadAt } from './deb.js';
import { NotAPackage, type PackageFile, type PackageIdentity } from './package-file.js';
import { looksLikeRpm, readRpm } from './rpm.js';

/** Reads a package file: what it says of itself, its size and its SHA-256. Throws NotAPackage for anything else. */
export async function readPackageFile(path: string): Promise<PackageFile> {
  const file = await open(path, 'r');
  try {
    const found = await file.stat();
    if (found.isDirectory()) throw new NotAPackage('it is a folder');
    if (!found.isFile()) throw new NotAPackage('it is not a file');
    const read: ReadAt = async (offset, length) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    const identity = await identify(await read(0, 512), read);
    return { ...identity, path, bytes: found.size, sha256: await sha256Of(path) };
  } finally {
    await file.close();
  }
}

/** By the content: what a file is called proves nothing. */
async function identify(head: Buffer, read: ReadAt): Promise<PackageIdentity> {
  if (head.length === 0) throw new NotAPackage('it is empty');
  if (looksLikeDeb(head)) return readDeb(read);
  if (looksLikeRpm(head)) return readRpm(read);
  if (/^\s*(<!doctype html|<html|<\?xml|<!--)/i.test(head.toString('latin1').replace(/^\xef\xbb\xbf/, ''))) {
    throw new NotAPackage('it is a web page: what was downloaded is a login or an error page');
  }
  throw new NotAPackage('it is neither a .deb nor an .rpm');
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
