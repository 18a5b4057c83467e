import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import tar from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EeError } from '../../../src/lib/errors.js';
import { powermtaPackage } from '../../../src/lib/deploy/powermta-package.js';
import { LIMITS, Meter, type Limits } from '../../../src/lib/package-file/meter.js';
import { NotAPackage } from '../../../src/lib/package-file/package-file.js';
import { readPackageFile } from '../../../src/lib/package-file/read.js';
import { settingsWith } from '../../support/role-inputs.js';
import { XZ_CONTROL, ZST_CONTROL } from './control-archives.js';

/** Small ones, so that 500 packages are read in moments; what they bound does not depend on their size. */
const SMALL: Limits = {
  control: 256 * 1024,
  data: 512 * 1024,
  ratio: 200,
  ratioFrom: 64 * 1024,
  work: 64 * 1024 * 1024,
};
/** What may come out of a decompressor in one piece, beyond the byte that was one too many. */
const PIECE = 128 * 1024;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ee-malformed-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const CONTROL = 'Package: powermta\nVersion: 5.0r8\nArchitecture: amd64\n';
async function tarOf(...files: readonly (readonly [string, Buffer | string])[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const [name, content] of files) pack.entry({ name }, content);
  pack.finalize();
  return buffer(pack);
}
const PLAIN_CONTROL = await tarOf(['./control', CONTROL]);
const GOOD_DATA = await tarOf(['./usr/sbin/pmtad', 'a program'.repeat(500)]);
const xz = (bytes: Buffer) => execFileSync('xz', ['-0', '-c'], { input: bytes });

/** Zstandard of RLE blocks: four bytes for `length` of them each (RFC 8878, 3.1.1.2). */
function zstdRuns({
  windowLog,
  length,
  blocks,
  frames,
}: {
  windowLog: number;
  length: number;
  blocks: number;
  frames: number;
}): Buffer {
  const block = (isLast: boolean) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUIntLE((length << 3) | (1 << 1) | Number(isLast), 0, 3);
    return bytes;
  };
  const frame = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3])];
  for (let at = 1; at <= blocks; at += 1) frame.push(block(at === blocks));
  return Buffer.concat(Array.from({ length: frames }, () => Buffer.concat(frame)));
}
const XZ_DATA = xz(GOOD_DATA);
const ZEROS = Buffer.alloc(4 * 1024 * 1024);
const XZ_BOMB = xz(ZEROS);
const GZ_BOMB = gzipSync(ZEROS);

const zstdBomb = fc
  .record({
    windowLog: fc.integer({ min: 10, max: 31 }),
    length: fc.integer({ min: 0, max: 131072 }),
    blocks: fc.integer({ min: 1, max: 3000 }),
    frames: fc.integer({ min: 1, max: 30 }),
  })
  .map((shape) => zstdRuns(shape));
const content = fc.oneof(
  fc.constantFrom(
    PLAIN_CONTROL,
    gzipSync(PLAIN_CONTROL),
    XZ_CONTROL,
    ZST_CONTROL,
    GOOD_DATA,
    gzipSync(GOOD_DATA),
    xz(GOOD_DATA),
  ),
  fc.constantFrom(GZ_BOMB, XZ_BOMB, ZEROS, gzipSync(GZ_BOMB)),
  fc.integer({ min: 1, max: 5 }).map((times) => Buffer.concat(Array.from({ length: times }, () => GZ_BOMB))),
  zstdBomb,
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
);
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
const extension = fc.constantFrom('', '.gz', '.xz', '.zst', '.bz2', '.lzma', '.br');
const member = fc.record({
  name: fc.oneof(
    { weight: 4, arbitrary: extension.map((end) => `control.tar${end}`) },
    { weight: 4, arbitrary: extension.map((end) => `data.tar${end}`) },
    { weight: 1, arbitrary: fc.constantFrom('debian-binary', '_gpgorigin', '') },
    { weight: 1, arbitrary: fc.string({ maxLength: 16, unit: 'binary' }) },
  ),
  content,
  /** What the header says of the size, where that is not the size. */
  said: seldom(fc.oneof(fc.constantFrom('', '-1', '0x10', '1e9', '9999999999', 'abc'), fc.nat(5000).map(String))),
});

function ar(
  members: readonly { readonly name: string; readonly content: Buffer; readonly said: string | null }[],
): Buffer {
  const parts = members.flatMap(({ name, content, said }) => {
    const size = said ?? String(content.length);
    const header = Buffer.from(`${name.padEnd(16)}${'0'.padEnd(32)}${size.padEnd(10)}\`\n`, 'latin1');
    return [header, content, Buffer.from(content.length % 2 ? '\n' : '')];
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}

/** A package of which something is wrong, or nothing: cut at any byte, bytes changed at any place. */
const packageBytes = fc
  .record({
    control: fc.constantFrom(['control.tar', PLAIN_CONTROL] as const, ['control.tar.xz', XZ_CONTROL] as const, null),
    data: fc.constantFrom(['data.tar', GOOD_DATA] as const, ['data.tar.xz', XZ_DATA] as const, null),
    members: fc.array(member, { maxLength: 3 }),
    cut: seldom(fc.double({ min: 0, max: 1, noNaN: true })),
    changes: fc.array(fc.record({ at: fc.double({ min: 0, max: 0.999, noNaN: true }), to: fc.nat(255) }), {
      maxLength: 2,
    }),
  })
  .map(({ control, data, members, cut, changes }) => {
    const first = { name: 'debian-binary', content: Buffer.from('2.0\n'), said: null };
    const good = [control, data].flatMap((one) => (one ? [{ name: one[0], content: one[1], said: null }] : []));
    const whole = ar([first, ...good, ...members]);
    for (const { at, to } of changes) whole[Math.floor(at * whole.length)] = to;
    return cut === null ? whole : whole.subarray(0, Math.floor(cut * whole.length));
  });

describe('500 packages with something wrong in them', () => {
  it('are read or refused, and no further than the limits, whatever they unpack to', async () => {
    const path = join(folder, 'any.deb');
    let read = 0;
    await fc.assert(
      fc.asyncProperty(packageBytes, async (bytes) => {
        await writeFile(path, bytes);
        const meter = new Meter(SMALL);
        const end = await readPackageFile(path, meter).catch((error: unknown) => error);
        if (end instanceof Error) expect(end).toBeInstanceOf(NotAPackage);
        else read += 1;
        expect(meter.bytes).toBeLessThanOrEqual(SMALL.control + SMALL.data + PIECE);
        expect(meter.moved).toBeLessThanOrEqual(SMALL.work + 128 * 1024 * 1024);
      }),
      { numRuns: 500 },
    );
    // Some of them are good: a reader that refuses everything would pass otherwise.
    expect(read).toBeGreaterThan(5);
  });

  it('are refused as the package of PowerMTA, in a sentence', async () => {
    const path = join(folder, 'pmta.deb');
    await fc.assert(
      fc.asyncProperty(packageBytes, async (bytes) => {
        await writeFile(path, bytes);
        const settings = { pmta: { ...settingsWith({}).pmta, package: path } };
        const error = await powermtaPackage(settings, new Meter(SMALL)).catch((cause: unknown) => cause);
        if (!(error instanceof Error)) return;
        expect(error).toBeInstanceOf(EeError);
        expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a package that is a bomb', () => {
  const bomb = (name: string, content: Buffer) =>
    ar([
      { name: 'debian-binary', content: Buffer.from('2.0\n'), said: null },
      { name: 'control.tar', content: PLAIN_CONTROL, said: null },
      { name, content, said: null },
    ]);
  const reading = async (bytes: Buffer, limits: Limits) => {
    await writeFile(join(folder, 'bomb.deb'), bytes);
    const meter = new Meter(limits);
    const error = await readPackageFile(join(folder, 'bomb.deb'), meter).catch((cause: unknown) => cause);
    return { meter, said: String(error) };
  };

  it.each([
    ['gzip', 'data.tar.gz', GZ_BOMB],
    ['xz', 'data.tar.xz', XZ_BOMB],
    [
      'Zstandard, 120 KB for 4 GB',
      'data.tar.zst',
      zstdRuns({ windowLog: 23, length: 131072, blocks: 30000, frames: 1 }),
    ],
  ])('of %s is read until it is 200 times its size', async (_what, name, content) => {
    const { meter, said } = await reading(bomb(name, content), { ...LIMITS, ratioFrom: 64 * 1024, data: 1024 ** 4 });
    expect(said).toContain('its data part unpacks to more than 200 times its size');
    expect(meter.bytes).toBeLessThan(200 * content.length + 1024 * 1024);
  });

  it.each([
    ['many small blocks in a large window', zstdRuns({ windowLog: 27, length: 1, blocks: 3000, frames: 1 })],
    ['many frames with a large window each', zstdRuns({ windowLog: 27, length: 1, blocks: 1, frames: 3000 })],
  ])('that gives little and costs much, by %s, is refused', async (_what, content) => {
    const { said } = await reading(bomb('data.tar.zst', content), LIMITS);
    expect(said).toContain('it takes more work to unpack than any package does');
  });

  it('that asks for more memory than any package is refused before it has it', async () => {
    const window = zstdRuns({ windowLog: 30, length: 1, blocks: 1, frames: 1 });
    expect((await reading(bomb('data.tar.zst', window), LIMITS)).said).toContain('its data.tar.zst is damaged');
    const dictionary = execFileSync('xz', ['--lzma2=dict=512MiB', '-c'], { input: Buffer.alloc(100) });
    expect((await reading(bomb('data.tar.xz', dictionary), LIMITS)).said).toContain('its data.tar.xz is damaged');
  });
});
