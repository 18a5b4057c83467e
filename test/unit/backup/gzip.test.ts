import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { GzipCheck, INFLATE_LIMITS, type InflateLimits } from '../../../src/lib/backup/gzip.js';

async function check(file: Buffer, chunk = file.length, limits: InflateLimits = INFLATE_LIMITS) {
  const parts: Buffer[] = [];
  const gzip = new GzipCheck((part) => void parts.push(Buffer.from(part)), limits);
  for (let at = 0; at < file.length; at += chunk) await gzip.write(file.subarray(at, at + chunk));
  const problem = await gzip.end();
  return { code: problem?.code, output: Buffer.concat(parts).toString() };
}

const member = gzipSync('hello '.repeat(50));

describe('gzip, to the end of its last member', () => {
  it('is sound with one member or several, wherever the reads fall', async () => {
    for (const file of [member, Buffer.concat([member, member, member])]) {
      for (const chunk of [1, 7, member.length - 1, member.length, file.length]) {
        expect(await check(file, chunk)).toEqual({
          code: undefined,
          output: 'hello '.repeat((50 * file.length) / member.length),
        });
      }
    }
  });

  it('is not sound with anything after it, wherever the reads fall', async () => {
    const tails = [
      [Buffer.alloc(1), 'GZIP_ZERO_PADDING'],
      [Buffer.alloc(600), 'GZIP_ZERO_PADDING'],
      [Buffer.concat([Buffer.alloc(600), Buffer.from('x')]), 'GZIP_TRAILING'],
      [Buffer.concat([Buffer.alloc(600), member]), 'GZIP_TRAILING'],
      [Buffer.from('xyz'), 'GZIP_TRAILING'],
      [Buffer.from([0x1f]), 'GZIP_TRUNCATED'],
      [member.subarray(0, 12), 'GZIP_TRUNCATED'],
    ] as const;
    for (const [tail, code] of tails) {
      for (const chunk of [1, 7, member.length - 1, member.length, member.length + tail.length]) {
        expect([chunk, (await check(Buffer.concat([member, tail]), chunk)).code]).toEqual([chunk, code]);
      }
    }
  });

  it('is not sound when it is cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: member.length - 1 }), async (length) => {
        expect((await check(member.subarray(0, length), 10)).code).toBe('GZIP_TRUNCATED');
      }),
      { numRuns: 40 },
    );
  });

  it('is told from a bomb by how much comes out of how little, and stops there', async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024));
    const { code, output } = await check(bomb);
    expect(code).toBe('BOMB_RATIO');
    expect(output.length).toBeLessThan(17 * 1024 * 1024);
    expect((await check(bomb, bomb.length, { ratio: 2000, bytes: 1024 * 1024 })).code).toBe('BOMB_SIZE');
  });
});
