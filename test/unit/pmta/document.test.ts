import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printDocument, type Block, type Directive, type Node } from '../../../src/lib/pmta/document.js';
import { parseDocument, parseText } from '../../../src/lib/pmta/parse.js';
import { survey } from '../../../src/lib/pmta/survey.js';
import { sanitised, twoIps, withCrlf } from './two-ips.js';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const printed = (text: string): string => printDocument(parseDocument(bytesOf(text))).toString('latin1');

const count = (text: string, tag: string): number =>
  survey(parseText(text))
    .blocksOf(tag)
    .filter(({ path }) => path.length === 0).length;

/** The lines of the document that have structure, apart from positions and line ends. */
function shape(nodes: readonly Node[]): unknown[] {
  return nodes.map((node) => {
    if (node.kind === 'block') return [node.tag.text, node.name.text, shape(node.children)];
    if (node.kind === 'directive') return [node.keyword.text, node.value.text];
    return node.kind === 'entry' ? node.value.text : node.kind;
  });
}

describe('a document prints back to what it was read from', () => {
  it('whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(printDocument(parseDocument(bytes)).equals(bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('whatever the bytes are, in lines of any length', () => {
    // NUL, bell, tab, the line ends together and apart, the signs of the language, and bytes that are no UTF-8.
    const byte = fc.constantFrom(0, 7, 9, 10, 13, 32, 34, 35, 44, 47, 60, 62, 92, 0x80, 0xa0, 0xef, 0xff);
    const run = fc.record({ byte: fc.oneof(byte, fc.nat(255)), times: fc.constantFrom(1, 2, 3, 80, 70_000) });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 30 }), (runs) => {
        const bytes = Buffer.concat(runs.map(({ byte, times }) => Buffer.alloc(times, byte)));
        expect(printDocument(parseDocument(bytes)).equals(bytes)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('whatever is made of the words of the language', () => {
    const word = fc.constantFrom(
      ...[
        '<domain *>',
        '</domain>',
        '<pattern-list a>',
        '</pattern-list>',
        '<',
        '>',
        '</',
        '#',
        '"',
        ' ',
        '\t',
        '\n',
        '\r\n',
        '\r',
      ],
      ...[
        'domain-macro m',
        ',',
        'a.example',
        '$m',
        'reply /x/ mode=backoff',
        'mail-from /x/ <pattern-list>',
        '\xa0',
        '\xe9',
        '{',
        '}',
      ],
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (words) => {
        expect(printed(words.join(''))).toBe(words.join(''));
      }),
      { numRuns: 1000 },
    );
  });

  it('whatever byte of a real shape is changed, put in or taken out', () => {
    const original = bytesOf(twoIps());
    const place = fc.nat(original.length);
    fc.assert(
      fc.property(place, fc.nat(3), fc.uint8Array({ maxLength: 5 }), (at, removed, added) => {
        const bytes = Buffer.concat([original.subarray(0, at), added, original.subarray(at + removed)]);
        expect(printDocument(parseDocument(bytes)).equals(bytes)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('with and without virtual MTAs, with LF and CRLF, with and without a last line end', () => {
    for (const text of [twoIps(), sanitised()]) {
      for (const form of [text, withCrlf(text), text.slice(0, -1)]) expect(printed(form)).toBe(form);
    }
  });
});

describe('the configuration of the backup set', () => {
  it('[R85] has 7 macros, 9 domains, 39 backoff rules and 41 bounce patterns in 17 categories', () => {
    const { macros, entries } = survey(parseText(twoIps()));
    expect(macros.map(({ name, members }) => [name.text, members.length])).toEqual([
      ['hotmail', 15],
      ['yahoo', 12],
      ['aol', 5],
      ['gmail', 2],
      ['orange', 3],
      ['free', 2],
      ['sfr', 3],
    ]);
    const rules = entries.filter(({ scope }) => scope === 'smtp-pattern-list');
    const bounces = entries.filter(({ scope }) => scope === 'bounce-category-patterns');
    expect(rules.filter(({ entry }) => /^reply \/.+\/ mode=backoff$/.test(entry.value.text))).toHaveLength(39);
    expect(bounces).toHaveLength(41);
    expect(new Set(bounces.map(({ entry }) => entry.value.text.split(' ').at(-1)))).toHaveProperty('size', 17);
    expect(bounces.at(-1)?.entry.value.text).toBe('// other');
    expect(count(twoIps(), 'domain')).toBe(9);
  });

  it('has its other blocks in both shapes', () => {
    const tags = ['source', 'acct-file', 'smtp-user', 'virtual-mta-pool', 'smtp-pattern-list', 'virtual-mta'];
    expect(tags.map((tag) => count(twoIps(), tag))).toEqual([3, 2, 1, 1, 1, 2]);
    expect(tags.map((tag) => count(sanitised(), tag))).toEqual([3, 2, 1, 1, 1, 0]);
    expect(parseText(twoIps()).problems).toEqual([]);
  });

  it('is the same tree with CRLF as with LF', () => {
    expect(shape(parseText(withCrlf(twoIps())).nodes)).toEqual(shape(parseText(twoIps()).nodes));
  });
});

describe('a directive', () => {
  const only = (text: string): Directive => parseText(text).nodes[0] as Directive;

  it('has a keyword, a value and a comment, each with its column', () => {
    expect(only('\tmax-smtp-out   2   # two\r\n')).toMatchObject({
      keyword: { text: 'max-smtp-out', column: 2 },
      value: { text: '2', column: 17 },
      comment: { text: '# two', column: 21 },
      line: { number: 1, end: '\r\n' },
    });
  });

  it('ends at "#", also inside quotes', () => {
    expect(only('password "a#b"')).toMatchObject({ value: { text: '"a' }, comment: { text: '#b"' } });
  });

  it('starts after the byte order mark of its file, which is kept', () => {
    expect(only('\xef\xbb\xbf host-name a\n')).toMatchObject({ keyword: { text: 'host-name', column: 5 } });
    expect(parseText('\xef\xbb\xbf# a\n').nodes[0]).toMatchObject({ kind: 'comment' });
    expect(parseText('host-name a\n\xef\xbb\xbfhost-name b\n').nodes[1]).toMatchObject({
      keyword: { text: '\xef\xbb\xbfhost-name' },
    });
  });

  it('keeps a non-breaking blank as part of its value', () => {
    expect(only('host-name a\xa0 ').value).toEqual({ text: 'a\xa0', column: 11 });
  });

  it('may be a macro whose list goes on after a comma', () => {
    const [macro, next] = parseText('domain-macro m a.example,\n  b.example,\n  c.example\nhost-name x\n').nodes;
    expect(macro).toMatchObject({
      value: { text: 'm a.example, b.example, c.example' },
      more: [{ number: 2 }, { number: 3 }],
    });
    expect(next).toMatchObject({ keyword: { text: 'host-name' } });
  });

  it('may be a macro with its list on the next line', () => {
    expect(only('domain-macro m\n  a.example, b.example\n').value.text).toBe('m a.example, b.example');
    expect(parseText('domain-macro m\nhost-name x\n').nodes).toHaveLength(2);
  });
});

describe('a block', () => {
  it('holds its lines, and its closing tag may repeat its name', () => {
    const [block] = parseText('<Virtual-MTA  a > # one\nx 1\n<domain *>\ny 2\n</domain>\n</virtual-mta a>\n').nodes as [
      Block,
    ];
    expect(shape([block])).toEqual([
      [
        'Virtual-MTA',
        'a',
        [
          ['x', '1'],
          ['domain', '*', [['y', '2']]],
        ],
      ],
    ]);
    expect(block).toMatchObject({ open: { number: 1 }, close: { number: 6 } });
  });

  it('of patterns holds entries, also those of a list inside an entry', () => {
    const text =
      '<pattern-list a>\nheader X /1/ <pattern-list>\nmail-from /x/ virtual-mta=b\n</pattern-list>\n* virtual-mta=c\n</pattern-list>\n';
    const { nodes, problems } = parseText(text);
    expect(problems).toEqual([]);
    expect((nodes[0] as Block).children.map((node) => (node.kind === 'entry' ? node.depth : 'no entry'))).toEqual([
      0, 1, 1, 0,
    ]);
  });

  it.each([
    ['<domain *>\nx 1\n', 1, '<domain> is not closed'],
    ['x 1\n</domain>\n', 2, '</domain> closes nothing: no <domain> is open'],
    [
      '<source a>\nx 1\n<domain *>\n</domain>\n',
      1,
      '<source> is not closed before <domain> on line 3, which cannot stand inside it',
    ],
    ['<virtual-mta a>\n<domain *>\n</virtual-mta>\n', 2, '<domain> is not closed before </virtual-mta> on line 3'],
    ['<domain a#b>\n', 1, 'the tag has no ">" ("#" starts a comment, also inside a tag)'],
    ['<domain *> x 1\n', 1, 'text follows the tag on its line; a block starts on a line of its own'],
  ])('that is broken is kept and reported: %j', (text, line, message) => {
    const document = parseText(text);
    expect(document.problems[0]).toMatchObject({ line, message });
    expect(printDocument(document).toString('latin1')).toBe(text);
  });

  it.each([
    ['<a>\n', 50_000],
    ['<a>\n</b>\n', 50_000],
    ['domain-macro m,\n', 50_000],
    [' '.repeat(500_000), 1],
    [`<${' '.repeat(500_000)}`, 1],
    ['x '.repeat(250_000), 1],
  ])('takes time in proportion to the text: %#', (part, times) => {
    // Work that grows with the square would take minutes, and run into the test's own bound.
    const text = part.repeat(times);
    expect(printed(text) === text).toBe(true);
  });
});
