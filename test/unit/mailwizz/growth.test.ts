import { growthOf, LINEAR, operationsOf } from '../../support/operations.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { installStatements } from '../../../src/lib/mailwizz/install-sql.js';
import { complaintsIn, tokenIn } from '../../../src/lib/mailwizz/page.js';
import { columnsOf } from '../../../src/lib/mailwizz/schema.js';

const growth = (text: (n: number) => string, work: (text: string) => unknown): number =>
  growthOf(300, (n) => {
    const made = text(n);
    return () => work(made);
  });

describe('a page costs what its length is', () => {
  it.each<[string, (n: number) => string]>([
    ['complaints that do not end', (n) => '<p class="errorMessage">'.repeat(n)],
    [
      'complaints in complaints',
      (n) => numbered(n, (i) => `<a${i} class="errorMessage">`) + numbered(n, (i) => `</a${n - i - 1}>`),
    ],
    ['complaints', (n) => '<p class="errorMessage">no</p>'.repeat(n)],
    ['brackets', (n) => '<p'.repeat(n)],
    ['brackets of a complaint', (n) => `<p class="errorMessage">${'<'.repeat(n)}</p>`],
    ['spaces before a class', (n) => `<p class${' '.repeat(n)}`],
    ['classes', (n) => `<p ${'class='.repeat(n)}>`],
    ['entities without an end', (n) => `<p class="errorMessage">${'&#'.repeat(n)}${'&a'.repeat(n)}</p>`],
    ['inputs', (n) => '<input '.repeat(n)],
    ['names of one input', (n) => `<input ${'name= '.repeat(n)}>`],
  ])('%s', (_, text) => {
    expect(growth(text, complaintsIn)).toBeLessThan(LINEAR);
    expect(growth(text, tokenIn)).toBeLessThan(LINEAR);
  });
});

const numbered = (n: number, text: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => text(i)).join('');

describe('the SQL of an application costs what its length is', () => {
  it.each<[string, (n: number) => string]>([
    ['line feeds in a table', (n) => `CREATE TABLE \`a\` (\n${'\n'.repeat(n)}KEY\n);\n`],
    ['tables that do not end', (n) => 'CREATE TABLE `a` (\n'.repeat(n)],
    ['spaces in front of a bracket', (n) => `CREATE TABLE \`a\`${' '.repeat(n)}x\n`.repeat(2)],
    ['ends of lines in a string', (n) => `INSERT INTO \`a\` VALUES ('${';\n'.repeat(n)}');\n`],
    ['strings', (n) => `INSERT INTO \`a\` VALUES (${"'x',".repeat(n)}1);\n`],
    ['quotes of another kind', (n) => `INSERT INTO \`a\` VALUES (${`'`.repeat(2 * n + 1)}${`"`.repeat(n)}`],
    ['a statement of many lines', (n) => `INSERT INTO \`a\` VALUES\n${"('x'),\n".repeat(n)}('y');\n`],
    ['words in front of a table', (n) => 'FROM '.repeat(n)],
  ])('%s', (_, text) => {
    expect(growth(text, (sql) => installStatements(sql, 'mw_'))).toBeLessThan(LINEAR);
    expect(growth(text, columnsOf)).toBeLessThan(LINEAR);
  });
});

describe('500 SQL texts', () => {
  /** As the words of the guide have it, with an expression: right, and slow for what is long. */
  const STRING = /('(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*")/;
  const simply = (statement: string): string =>
    statement
      .split(STRING)
      .map((part, i) => (i % 2 === 1 ? part : part.replace(/\b(FROM|INSERT INTO)(\s+)`(\w+)`/g, '$1$2`mw_$3`')))
      .join('');
  const quoted = (quote: string, other: string): fc.Arbitrary<string> =>
    fc
      .array(fc.constantFrom('x', ';\n', ' FROM `b` ', '\\\\', `\\${quote}`, `${quote}${quote}`, other, '\n'), {
        maxLength: 6,
      })
      .map((parts) => `${quote}${parts.join('')}${quote}`);
  const value = fc.oneof(quoted("'", '"'), quoted('"', "'"), fc.constantFrom('1', '(SELECT 1 FROM `c`)'));
  const statement = fc
    .array(value, { minLength: 1, maxLength: 5 })
    .map((all) => `INSERT INTO \`a\` VALUES (${all.join(',\n')});`);

  it('have the prefix on their tables, outside of strings alone, statement by statement', () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 4 }), (statements) => {
        expect(installStatements(statements.join('\n'), 'mw_')).toEqual(statements.map(simply));
      }),
      { numRuns: 500 },
    );
  });

  it('of any signs are read in steps that their length bounds', () => {
    const signs = fc.string({
      unit: fc.constantFrom("'", '"', '\\', ';', '\n', '`', '(', ')', 'CREATE TABLE `a` (', ' '),
      maxLength: 200,
    });
    fc.assert(
      fc.property(signs, (sql) => {
        const steps = operationsOf(() => [installStatements(sql, 'mw_'), columnsOf(sql)]);
        expect(steps).toBeLessThan(2_000 + 200 * sql.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe('500 pages', () => {
  const part = fc.oneof(
    fc.integer({ min: 0, max: 0x7fffffff }).map((code) => `&#${code};`),
    fc.integer({ min: 0, max: 0x7fffffff }).map((code) => `&#x${code.toString(16)};`),
    fc.string({ unit: fc.constantFrom(...'0123456789abcdefx'), maxLength: 30 }).map((digits) => `&#${digits};`),
    fc.constantFrom(
      '&amp;',
      '&constructor;',
      '&__proto__;',
      '&toString;',
      '&',
      '<b>',
      '</b>',
      '<p class="errorMessage">',
      '</p>',
      'x',
      ' ',
    ),
  );

  it('with entities of any number are read', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        const text = complaintsIn(`<p class="errorMessage">${parts.join('')}</p>`).join('');
        expect(text).not.toMatch(/\p{Surrogate}/u);
        expect(text).not.toContain('[native code]');
        expect(
          tokenIn(`<input name="csrf_token" value="${parts.filter((one) => one.startsWith('&')).join('')}">`),
        ).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  it('show what HTML shows for a number that is no character', () => {
    expect(complaintsIn('<p class="errorMessage">&#x110000;&#xd800;&#0;&#233;&constructor;</p>')).toEqual([
      '\uFFFD\uFFFD\uFFFDé&constructor;',
    ]);
  });
});
