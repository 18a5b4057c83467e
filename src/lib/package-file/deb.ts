import { createHash, type Hash } from 'node:crypto';
import { TarScanner, type TarVisitor } from '../backup/tar-scanner.js';
import { arMembers, type Bytes, type Member } from './ar.js';
import { isKnownFormat, unpack } from './decompress.js';
import type { Meter } from './meter.js';
import { assertNamed, NotAPackage, type PackageIdentity } from './package-file.js';

/** Checksums of a package's files, by their paths without the leading slash. */
type Sums = ReadonlyMap<string, string>;

/**
 * Name, version and architecture of a Debian package (deb(5)), from the file `control` of its member `control.tar`; and every byte
 * of it: the members are whole, the files unpack to their end, and each is the one that the package's own `md5sums` names.
 */
export async function readDeb(file: Bytes, meter: Meter): Promise<PackageIdentity> {
  // Members whose names begin with an underscore are nobody's business (deb(5)).
  const [version, control, data] = (await arMembers(file)).filter(({ name }) => !name.startsWith('_'));
  if (version?.name !== 'debian-binary' || !control?.name.startsWith('control.tar')) {
    throw new NotAPackage('it is an ar archive, but not a Debian package');
  }
  if (control.size > meter.limits.control) throw new NotAPackage('its description is larger than any package has');
  const { text, sums } = await readControl(control, meter);
  const fields = parseControl(text);
  const [name, number, architecture] = ['package', 'version', 'architecture'].map((field) => fields.get(field) ?? '');
  if (!name || !number || !architecture) throw new NotAPackage('its control file lacks name, version or architecture');
  if (!data?.name.startsWith('data.tar')) throw new NotAPackage('it breaks off: it has no files (data.tar)');
  // dpkg knows bzip2 and lzma as well; such a member is whole in length, and more is not known.
  if (isKnownFormat(data.name)) await checkFiles(data, sums, meter);
  return assertNamed({ format: 'deb', name, version: number, architecture });
}

const plainName = (name: string): string => name.replace(/^\.?\/+/, '');

async function readControl(member: Member, meter: Meter): Promise<{ text: string; sums: Sums }> {
  const files = new Map<string, string>();
  await scan(member, 'control', meter, {
    member: ({ name, size }) => (['control', 'md5sums'].includes(plainName(name)) ? size : 0),
    content: ({ name }, content) => {
      files.set(plainName(name), content.toString('utf8'));
    },
  });
  const text = files.get('control');
  if (text === undefined) throw new NotAPackage('it has no control file');
  const lines = (files.get('md5sums') ?? '').matchAll(/^([0-9a-f]{32})[ \t]+\*?(.+?)\r?$/gm);
  return { text, sums: new Map([...lines].map(([, sum = '', name = '']) => [plainName(name), sum])) };
}

/** Unpacks the files, and compares the checksum of each that has one. */
async function checkFiles(member: Member, sums: Sums, meter: Meter): Promise<void> {
  let hash: Hash | undefined;
  await scan(member, 'data', meter, {
    member: () => 0,
    begin: ({ name, kind }) => {
      hash = kind === 'file' && sums.has(plainName(name)) ? createHash('md5') : undefined;
    },
    part: (chunk) => hash?.update(chunk),
    end: ({ name }) => {
      if (hash === undefined || hash.digest('hex') === sums.get(plainName(name))) return;
      throw new NotAPackage(
        `it is damaged: ${JSON.stringify(plainName(name))} in it is not the file that its own list names`,
      );
    },
  });
}

async function scan(member: Member, part: 'control' | 'data', meter: Meter, visitor: TarVisitor): Promise<void> {
  const scanner = new TarScanner(visitor);
  await unpack(member, part, (chunk) => scanner.write(chunk), meter);
  const problem = scanner.end();
  if (problem !== undefined && problem.code !== 'TAR_EMPTY') {
    throw new NotAPackage(`its ${member.name} is damaged: ${problem.message}`);
  }
}

/** The fields of the first paragraph, by their names in lower case. */
function parseControl(text: string): Map<string, string> {
  const fields = [...text.matchAll(/^([A-Za-z][\w-]*):[ \t]*(.*?)[ \t]*$/gm)];
  return new Map(fields.map(([, name = '', value = '']) => [name.toLowerCase(), value]));
}
