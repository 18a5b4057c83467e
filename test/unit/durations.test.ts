import { readdirSync } from 'node:fs';
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

it('knows files of the lab in a fresh checkout', () => {
  const files = readdirSync(join(packageRoot(), 'test', 'e2e')).filter((name) => name.endsWith('.test.ts'));
  const ordered = longestFirst(files.map((name) => `test/e2e/${name}`));
  expect(ordered.indexOf('test/e2e/10-lab.test.ts')).toBeGreaterThan(ordered.indexOf('test/e2e/30-deploy.test.ts'));
});
