import { growthOf, LINEAR, operationsOf } from '../../support/operations.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { fitsOf } from '../../../src/lib/pmta/domain-pattern.js';
import { explain } from '../../../src/lib/pmta/explain.js';
import { lint } from '../../../src/lib/pmta/lint.js';
import { macroTable, namesOf, patternOf } from '../../../src/lib/pmta/macros.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { survey } from '../../../src/lib/pmta/survey.js';
import { wildcard } from '../../../src/lib/pmta/wildcard.js';

const catalogue = loadCatalogue();

/** Macros, each of which names the next one twice, so that the first stands for 2^n names. */
const doubling = (n: number, joint: string, last: string): string =>
  Array.from({ length: n }, (_, i) => `domain-macro m${i} $m${i + 1}${joint}$m${i + 1}\n`).join('') +
  `domain-macro m${n} ${last}\n`;

const BOMB = `${doubling(22, ',', 'x.com')}<domain $m0>\n max-smtp-out 2\n</domain>\n`;

describe('macros that double at each step', () => {
  const holding = (text: string, domain: string): (string | undefined)[] => {
    const [setting] = explain(parseText(text), catalogue, { domain }).settings;
    return [setting?.value, setting?.where];
  };

  it('are asked about as quickly as any others', () => {
    expect(holding(BOMB, 'x.com')).toEqual(['2', '<domain $m0>']);
    expect(holding(BOMB, 'y.com')).toEqual([undefined, undefined]);
    const text = `${doubling(90, '', 'x.com')}<domain $m0>\n max-smtp-out 2\n</domain>\n<domain $m90>\n max-smtp-out 3\n</domain>\n`;
    expect(holding(text, 'x.com')).toEqual(['3', '<domain $m90>']);
    expect(holding(BOMB, 'x.co')).toEqual([undefined, undefined]);
    expect(explain(parseText(BOMB), catalogue, { domain: 'x.co' }).notes).toContain(
      'No <domain> names x.co. Did you mean x.com?',
    );
    expect(lint(parseText(BOMB), catalogue).map(({ code }) => code)).not.toContain('macro-loop');
  });

  it('cost what their lines cost', () => {
    const growth = growthOf(20, (n) => {
      const document = parseText(`${doubling(n, ',', 'x.com')}<domain $m0>\n max-smtp-out 2\n</domain>\n`);
      return () => explain(document, catalogue, { domain: 'x.co' });
    });
    expect(growth).toBeLessThan(LINEAR);
  });

  it('of many members each are not written out', () => {
    const wide = ['a', 'b', 'c'].map((name) => `domain-macro ${name} ${numbered(1000).join(',')}\n`).join('');
    const text = `${wide}<domain $a.$b.$c.com>\n max-smtp-out 2\n</domain>\n`;
    expect(holding(text, 'm7.m999.m0.com')).toEqual(['2', '<domain $a.$b.$c.com>']);
    expect(operationsOf(() => holding(text, 'm7.m999.m0.con'))).toBeLessThan(5_000_000);
  });

  it('are refused with their line where they are nested too deep to be followed', () => {
    const chain = (levels: number): string =>
      numbered(levels - 1)
        .map((name, i) => `domain-macro ${name} $m${i + 1}\n`)
        .join('') + `domain-macro m${levels - 1} x.com\n<domain $m0>\n max-smtp-out 2\n</domain>\n`;
    expect(holding(chain(100), 'x.com')).toEqual(['2', '<domain $m0>']);
    expect(() => holding(chain(101), 'x.com')).toThrow('The domain-macro m0 on line 1 holds macros within macros');
    expect(() => holding(chain(12_000), 'x.com')).toThrow('more than 100 levels deep');
    expect(lint(parseText(chain(12_000)), catalogue)).toContainEqual(expect.objectContaining({ code: 'macro-deep' }));
  });
});

const numbered = (n: number): string[] => Array.from({ length: n }, (_, i) => `m${i}`);

/** All names that a text with macros stands for, written out one by one; a macro inside of itself stands for nothing. */
function writtenOut(
  name: string,
  macros: ReadonlyMap<string, readonly string[]>,
  loops: ReadonlySet<string>,
): string[] {
  const match = /\$(\w+)/.exec(name);
  if (!match) return [name];
  const [reference, macro = ''] = match;
  const values = loops.has(macro)
    ? []
    : (macros.get(macro) ?? []).flatMap((member) => writtenOut(member, macros, loops));
  const rest = writtenOut(name.slice(match.index + reference.length), macros, loops);
  return values.flatMap((value) => rest.map((tail) => `${name.slice(0, match.index)}${value}${tail}`));
}

describe('500 nests of macros', () => {
  const piece = fc.constantFrom('$a', '$b', '$c', '$d', '$none', '$', 'x', '.y', '*.', '[*.]', '*', 'x.y', 'Y', 'y.x');
  const name = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join(''));
  const list = fc.array(name, { maxLength: 3 });
  const domain = fc.array(fc.constantFrom('x', 'y', 'xy'), { minLength: 1, maxLength: 3 }).map((all) => all.join('.'));

  it('stand for the names that they stand for written out', () => {
    fc.assert(
      fc.property(
        fc.record({ d: list, c: list, b: list, a: list }),
        fc.array(name, { minLength: 1 }),
        domain,
        (lists, names, asked) => {
          // A later one may only hold earlier ones: loops have a test of their own.
          const order = ['d', 'c', 'b', 'a'];
          const lines = order.map((macro, i) => {
            const members = lists[macro as 'a'].map((member) =>
              member.replace(/\$([abcd])/g, (found, other: string) => (order.indexOf(other) < i ? found : 'x')),
            );
            return `domain-macro ${macro} ${members.join(', ')}\n`;
          });
          const surveyed = survey(parseText(lines.join('')));
          const table = macroTable(surveyed.macros);
          const macros = new Map(surveyed.macros.map((macro) => [macro.name.text, macro.members]));
          const all = names.flatMap((one) => writtenOut(one, macros, new Set())).map((one) => one.toLowerCase());
          if (all.length > 900) return;
          expect([...namesOf(names.map(patternOf), table)].sort()).toEqual(
            [...new Set(all)].filter((one) => one !== '').sort(),
          );
          const fits = fitsOf(asked, table);
          for (const one of names) {
            const plain = writtenOut(one, macros, new Set()).flatMap(
              (text) => fits.plain.get(text.toLowerCase()) ?? [],
            );
            const best = [...fits.plain.values()].find((fit) => plain.includes(fit));
            expect(fits.ofMacros(one)).toEqual(best && { ...best, literal: false });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('wildcards of includes', () => {
  it('that go back and forth cost no more than the name times itself', () => {
    const name = `${'a'.repeat(250)}b`;
    const fits = wildcard(`${'*a'.repeat(12)}*c`);
    expect(operationsOf(() => fits(name))).toBeLessThan(10 * 251 * 251);
    const long = wildcard(`${'*a'.repeat(100_000)}*`);
    expect(operationsOf(() => long(name))).toBeLessThan(1_000);
  });

  it('stand for the same names as an expression made of them, for 500 patterns', () => {
    const text = (...chars: string[]): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...chars), maxLength: 12 });
    fc.assert(
      fc.property(text('a', 'b', '*', '?', '.', '('), text('a', 'b', '.', '('), (pattern, name) => {
        const regex = pattern.replace(/[.(]/g, '\\$&').replace(/\*+/g, '.*').replaceAll('?', '.');
        expect(wildcard(pattern)(name)).toBe(new RegExp(`^${regex}$`).test(name));
      }),
      { numRuns: 500 },
    );
  });

  it('cost no more than the name times itself for 500 long ones', () => {
    const part = fc.constantFrom('*a', '*', 'a', '?', '*b', '**aa');
    fc.assert(
      fc.property(fc.array(part, { minLength: 10, maxLength: 120 }), fc.nat(40), (parts, tail) => {
        const fits = wildcard(parts.join(''));
        const name = `${'a'.repeat(100)}${'b'.repeat(tail)}`;
        expect(operationsOf(() => fits(name))).toBeLessThan(10 * name.length ** 2);
      }),
      { numRuns: 500 },
    );
  });
});
