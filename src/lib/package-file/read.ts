import { createHash } from 'node:crypto';
import { NotRegularFile, openRegular } from '../regular-file.js';
import { looksLikeAr, part, type Bytes } from './ar.js';
import { readDeb } from './deb.js';
import { Meter } from './meter.js';
import { NotAPackage, type PackageFile, type PackageIdentity } from './package-file.js';
import { looksLikeRpm, readRpm } from './rpm.js';

/**
 * Reads a package file whole: what it says of itself, its size and its SHA-256, and that nothing of it is missing or damaged. Throws
 * NotAPackage for anything else, and what the operating system says.
 */
export async function readPackageFile(path: string, meter = new Meter()): Promise<PackageFile> {
  const handle = await openRegular(path).catch((error: unknown) => {
    throw error instanceof NotRegularFile ? new NotAPackage(error.message, { cause: error }) : error;
  });
  try {
    const { size } = await handle.stat();
    const file: Bytes = {
      size,
      read: async (offset, length) => {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
        return buffer.subarray(0, bytesRead);
      },
    };
    const identity = await identify(file, meter);
    return { ...identity, path, bytes: size, sha256: await sha256Of(file) };
  } finally {
    await handle.close();
  }
}

/** By the content: what a file is called proves nothing. */
async function identify(file: Bytes, meter: Meter): Promise<PackageIdentity> {
  const head = await file.read(0, 512);
  if (head.length === 0) throw new NotAPackage('it is empty');
  if (looksLikeAr(head)) return readDeb(file, meter);
  if (looksLikeRpm(head)) return readRpm(file);
  if (/^\s*(<!doctype html|<html|<\?xml|<!--)/i.test(head.toString('latin1').replace(/^\xef\xbb\xbf/, ''))) {
    throw new NotAPackage('it is a web page: what was downloaded is a login or an error page');
  }
  throw new NotAPackage('it is neither a .deb nor an .rpm');
}

async function sha256Of(file: Bytes): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of part(file, 0, file.size)) hash.update(chunk);
  return hash.digest('hex');
}
