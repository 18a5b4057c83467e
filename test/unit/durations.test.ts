import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { longestFirst } from '../../bin/durations.js';
import { packageRoot } from '../../src/lib/package-root.js';

it('begins with the longest file, and with one that was never measured before all others', () => {
  const seconds = new Map([
    ['short', 1],
    ['long', 300],
  ]);
  expect(longestFirst(['short', 'new', 'long'], seconds)).toEqual(['new', 'long', 'short']);
});

it('ships durations of files that exist', () => {
  const shipped = JSON.parse(readFileSync(join(packageRoot(), 'test', 'durations.json'), 'utf8')) as {
    files: readonly { file: string; seconds: number }[];
  };
  expect(shipped.files.length).toBeGreaterThan(20);
  for (const { file } of shipped.files) expect(existsSync(join(packageRoot(), file)), file).toBe(true);
});
