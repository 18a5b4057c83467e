import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adapt } from '../../../src/lib/pmta/adapt.js';
import { linesOf, printText, type Node, type Word } from '../../../src/lib/pmta/document.js';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { lint } from '../../../src/lib/pmta/lint.js';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { planFor, twoIps, withCrlf } from './two-ips.js';

const catalogue = loadCatalogue();

/** Forms beside those of the two shapes: inline lists, nested domains, macros over lines. */
const FORMS = [
  'domain-macro wide a.example,\n\tb.example, # c\n  c.example\n',
  'domain-macro below\n  a.example, b.example\n',
  '<pattern-list in>\n header Subject /x\\/y/ <pattern-list>\n  rcpt-to /z/ virtual-mta=a\n </pattern-list>\n</pattern-list>\n',
  '<virtual-mta n>\n <domain *>\n  retry-after 5m\n </domain>\n</virtual-mta n>\n',
].join('');

const SHAPES = [twoIps(), printText(adapt(parseText(twoIps()), planFor(5)).document)].map((text) => text + FORMS);

/** A real shape with lines taken out, doubled, swapped, cut, re-tagged or replaced. */
const mutated = fc
  .record({
    shape: fc.constantFrom(...SHAPES, ...SHAPES.map(withCrlf)),
    edits: fc.array(
      fc.record({
        at: fc.nat(400),
        kind: fc.constantFrom('drop', 'double', 'swap', 'cut', 'untag', 'join', 'junk'),
        cut: fc.nat(60),
        junk: fc.string({
          unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
          maxLength: 12,
        }),
      }),
      { maxLength: 12 },
    ),
  })
  .map(({ shape, edits }) => {
    const lines = shape.split(/(?<=\n)/);
    for (const { at, kind, cut, junk } of edits) {
      const place = at % Math.max(1, lines.length);
      const line = lines[place] ?? '';
      if (kind === 'drop') lines.splice(place, 1);
      else if (kind === 'double') lines.splice(place, 0, line);
      else if (kind === 'swap') lines.push(...lines.splice(place, 1));
      else if (kind === 'cut') lines[place] = line.slice(0, cut);
      else if (kind === 'untag') lines[place] = line.replace(/<\/?/, (tag) => (tag === '<' ? '</' : '<'));
      else if (kind === 'join') lines[place] = line.replace(/\r?\n/, ' ');
      else lines[place] = `${line.slice(0, cut)}${junk}${line.slice(cut)}`;
    }
    return lines.join('');
  });

/** Each word with the line that it claims to stand on. */
function* wordsIn(nodes: readonly Node[]): Generator<{ line: number; word: Word }> {
  for (const node of nodes) {
    if (node.kind === 'block') {
      yield { line: node.open.number, word: node.tag };
      yield { line: node.open.number, word: node.name };
      yield* wordsIn(node.children);
    } else if (node.kind === 'directive') {
      yield { line: node.line.number, word: node.keyword };
      if (node.more.length === 0) yield { line: node.line.number, word: node.value };
      if (node.comment) yield { line: node.line.number, word: node.comment };
    } else if (node.kind === 'entry') {
      yield { line: node.line.number, word: node.value };
      if (node.comment) yield { line: node.line.number, word: node.comment };
    }
  }
}

describe('a real shape, however it is changed', () => {
  it('prints back to the same bytes', () => {
    fc.assert(
      fc.property(mutated, (text) => {
        expect(printText(parseText(text)) === text).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('has every word at its line and column, and every line once and in order', () => {
    fc.assert(
      fc.property(mutated, (text) => {
        const lines = text.split('\n');
        const { nodes } = parseText(text);
        for (const { line, word } of wordsIn(nodes)) {
          const found = (lines[line - 1] ?? '').slice(word.column - 1, word.column - 1 + word.text.length);
          if (found !== word.text) expect([line, word.column, found]).toEqual([line, word.column, word.text]);
        }
        const numbers = [...linesOf(nodes)].map(({ number }) => number);
        expect(numbers.every((number, at) => number === at + 1)).toBe(true);
        expect(numbers.length).toBe(lines.length - (lines.at(-1) === '' ? 1 : 0));
      }),
      { numRuns: 300 },
    );
  });

  it('is checked to its end, and every finding lies within its line', () => {
    fc.assert(
      fc.property(mutated, (text) => {
        const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
        for (const { line, column, endColumn, code } of lint(parseText(text), catalogue)) {
          const width = (lines[line - 1] ?? '').length;
          const within = column >= 1 && column <= endColumn && endColumn <= width + 1;
          if (!within) expect({ code, line, column, endColumn, width }).toBe('within the line');
        }
      }),
      { numRuns: 200 },
    );
  });
});
