import { describe, expect, it } from 'vitest';
import { proofsOf, rulesIn, rulesOf, testNames, withProofs, withSummary } from '../support/rules.js';

const TABLE = [
  '# Rules',
  '',
  '| R | rule | proven by |',
  '| --- | --- | --- |',
  '| R1 | Runs `anywhere` | not yet |',
  '| R2 | Stops | `test/old.test.ts` |',
  '',
].join('\n');

describe('the names of tests', () => {
  it('are those of it, test and describe, in all their forms', () => {
    const source = `
      describe('one', () => {
        it("two", () => {});
        it.only('three', () => {});
        test.concurrent('four', async () => {});
        it.each([['row']])('five %s', () => {});
        it.each\`a\${1}\`('six $a', () => {});
        it.skipIf(process.getuid?.() !== 0)('seven', () => {});
        for (const what of all) it(\`eight \${what}: \${more}\`, () => {});
      });`;
    expect(testNames(source)).toEqual(['one', 'two', 'three', 'four', 'five %s', 'six $a', 'seven', 'eight …: …']);
  });

  it('are not comments, other strings, or calls of something else', () => {
    const source = `
      // it('[R1] in a comment', () => {});
      const text = "it('[R2] in a string')";
      it('a name', () => { expect('[R3]').toBe(message('[R4]')); });
      it(nameOf('[R5]'), () => {});
      suite('[R6] another function', () => {});
      it.each(['[R7] data'])('%s', () => {});`;
    expect(testNames(source)).toEqual(['a name', '%s']);
  });

  it('are not those of tests that do not run', () => {
    const source = `
      it.skip('[R1]', () => {});
      it.todo('[R2]');
      describe.skip('[R3]', () => { it('[R4]', () => {}); });
      it.skip.each([1])('[R5] %i', () => {});`;
    expect(testNames(source)).toEqual([]);
  });
});

describe('the rules in a name', () => {
  it.each([
    ['[R30] derives the depth', [30]],
    ['[R1] [R2] two', [1, 2]],
    ['[R1, R22,R3] three', [1, 22, 3]],
    ['one in the [R128] middle', [128]],
    ['R30 without brackets, [r30], [R], [30] and [R1x]', []],
  ])('%s', (name, numbers) => {
    expect(rulesIn(name)).toEqual(numbers);
  });
});

describe('the table', () => {
  it('gives its rules in order', () => {
    expect(rulesOf(TABLE)).toEqual([
      { number: 1, text: 'Runs `anywhere`', proof: 'not yet' },
      { number: 2, text: 'Stops', proof: '`test/old.test.ts`' },
    ]);
  });

  it('takes the files from the tests, each once and sorted, and loses what no test proves any more', () => {
    const proofs = proofsOf(
      new Map([
        ['test/b.test.ts', "it('[R1] x', f); it('[R1] y', f);"],
        ['test/a.test.ts', "it('[R1] z', f);"],
        ['test/c.test.ts', "it('nothing', f); // [R2]"],
      ]),
    );
    const written = withProofs(TABLE, proofs);
    expect(written.split('\n').slice(4, 6)).toEqual([
      '| R1 | Runs `anywhere` | `test/a.test.ts`, `test/b.test.ts` |',
      '| R2 | Stops | not yet |',
    ]);
    expect(written.split('\n').slice(0, 4)).toEqual(TABLE.split('\n').slice(0, 4));
    expect(withProofs(written, proofs)).toBe(written);
  });

  it('says how many rules are proven, and which are not', () => {
    const rules = rulesOf(TABLE);
    const text = 'Rules.\n9 of the 9 rules are proven by tests.\nMore.\n';
    const one = proofsOf(new Map([['test/a.test.ts', "it('[R2] x', f);"]]));
    expect(withSummary(text, rules, one)).toBe(
      'Rules.\n1 of the 2 rules are proven by tests; not yet proven: R1.\nMore.\n',
    );
    const both = proofsOf(new Map([['test/a.test.ts', "it('[R1, R2] x', f);"]]));
    expect(withSummary(withSummary(text, rules, one), rules, both)).toBe(
      'Rules.\n2 of the 2 rules are proven by tests.\nMore.\n',
    );
    expect(() => withSummary('nothing of the kind', rules, both)).toThrow('no sentence');
  });

  it('leaves numbers that it does not have to the caller', () => {
    const proofs = proofsOf(new Map([['test/a.test.ts', "it('[R133] x', f);"]]));
    expect([...proofs]).toEqual([[133, ['test/a.test.ts']]]);
    expect(withProofs(TABLE, proofs)).not.toContain('133');
  });
});
