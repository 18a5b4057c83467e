import { operationsOf } from '../../support/operations.js';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/lib/pmta/entry.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { matching } from '../../../src/lib/pmta/regex-match.js';
import { packageRoot } from '../../../src/lib/package-root.js';
import { senderRoutes, virtualMtaFor } from '../../../src/lib/pmta/senders.js';

const leaf = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\.', 'x', '@', '^', '$', '\\b');
const { regex } = fc.letrec<{ regex: string }>((tie) => ({
  regex: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.tuple(tie('regex'), tie('regex')).map(([a, b]) => a + b),
    fc.tuple(tie('regex'), tie('regex')).map(([a, b]) => `(${a}|${b})`),
    fc
      .tuple(tie('regex'), fc.constantFrom('*', '+', '?', '{2}', '{1,}', '{0,2}', '*?', '+?', '*+'))
      .map(([a, sign]) => `(?:${a})${sign}`),
    fc.tuple(fc.constantFrom('(?=', '(?!', '(?<=', '(?i:', '(?>'), tie('regex')).map(([open, a]) => `${open}${a})`),
  ),
}));

describe('expressions of a configuration', () => {
  it('match what JavaScript matches, for 500 of them', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'x', '.', '@'), maxLength: 8 });
    fc.assert(
      fc.property(regex, text, (source, sample) => {
        expect(matching(source)?.(sample)).toBe(compile(source)?.test(sample));
      }),
      { numRuns: 500 },
    );
  });

  it('that go back and forth for ever are matched in bounded steps, 500 of them', () => {
    const nested = fc
      .array(fc.constantFrom('(a+)+', '(a*)*', '(a|a)*', '(a|aa)+', '(.*a)*', '([ab]*c?)+', 'a*a*a*'), {
        minLength: 1,
        maxLength: 4,
      })
      .map((parts) => `^${parts.join('')}$`);
    const sample = `${'a'.repeat(60)}!`;
    fc.assert(
      fc.property(nested, (source) => {
        const matches = matching(source);
        expect(operationsOf(() => matches?.(sample))).toBeLessThan(500_000);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    '(a)\\1',
    'a{1,999999}',
    '((((a{99}){99}){99}){99})',
    `${'('.repeat(1000)}a${')'.repeat(1000)}`,
    '(',
    '[b-a]',
  ])('%s is not matched at all', (source) => {
    expect(matching(source)).toBeUndefined();
  });

  it('are run there alone: elsewhere they are only looked at for mistakes', async () => {
    const files = await readdir(join(packageRoot(), 'src'), { recursive: true });
    const texts = files
      .filter((name) => name.endsWith('.ts'))
      .map(async (name) => {
        const text = await readFile(join(packageRoot(), 'src', name), 'utf8');
        return /import \{[^}]*\bcompile\b[^}]*\} from '[^']*\/entry\.js'/.test(text) ? [name] : [];
      });
    expect((await Promise.all(texts)).flat().sort()).toEqual([
      'lib/pmta/lint/pattern-rules.ts',
      'lib/pmta/lint/value-rules.ts',
      'lib/pmta/regex-match.ts',
    ]);
  });

  it('that send a sender on its way are bounded in the same way', () => {
    const routes = senderRoutes(
      parseText(
        '<pattern-list s>\nmail-from /^(a+)+$/ virtual-mta=a\nmail-from /@b\\.example$/ virtual-mta=b\n</pattern-list>\n',
      ),
      's',
    );
    expect(virtualMtaFor(routes, `${'a'.repeat(60)}@b.example`)).toBe('b');
    expect(virtualMtaFor(routes, 'aaa')).toBe('a');
  });

  it('with classes in a sender are not taken literally', () => {
    const [route] = senderRoutes(
      parseText('<pattern-list s>\nmail-from /@m\\d\\.example$/ virtual-mta=a\n</pattern-list>\n'),
      's',
    );
    expect(route?.sender).toBeUndefined();
    expect(virtualMtaFor(route ? [route] : [], 'x@m7.example')).toBe('a');
  });
});
