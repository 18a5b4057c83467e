import ts from 'typescript';

/** A row of docs/rules.md. */
export interface Rule {
  readonly number: number;
  readonly text: string;
  /** The third column as it stands. */
  readonly proof: string;
}

/** Which test files have a test that names a rule, by the rule's number. */
export type Proofs = ReadonlyMap<number, readonly string[]>;

export const NOT_YET = 'not yet';
const ROW = /^\| R(\d+) \| (.*?) \| ([^|]*?) \|$/;
const TESTS = new Set(['describe', 'it', 'test']);

/** The rules of the table, in their order. */
export function rulesOf(markdown: string): Rule[] {
  return markdown.split('\n').flatMap((line) => {
    const [, number, text, proof] = ROW.exec(line) ?? [];
    return number === undefined ? [] : [{ number: Number(number), text: text ?? '', proof: proof ?? '' }];
  });
}

/** The same document with its third column from the tests. */
export function withProofs(markdown: string, proofs: Proofs): string {
  return markdown
    .split('\n')
    .map((line) => line.replace(ROW, (_, number: string, text: string) => row(Number(number), text, proofs)))
    .join('\n');
}

function row(number: number, text: string, proofs: Proofs): string {
  const files = proofs.get(number) ?? [];
  return `| R${number} | ${text} | ${files.map((file) => `\`${file}\``).join(', ') || NOT_YET} |`;
}

const SUMMARY = /\d+ of (?:the )?\d+ rules (?:are|is) proven by tests[^\n]*/;

/** The sentence on how many rules are proven, in a document that has one, from the table of rules. Throws where it has none. */
export function withSummary(markdown: string, rules: readonly Rule[], proofs: Proofs): string {
  if (!SUMMARY.test(markdown)) throw new Error('There is no sentence on how many rules are proven by tests.');
  const open = rules.filter(({ number }) => !proofs.has(number)).map(({ number }) => `R${number}`);
  const proven = `${rules.length - open.length} of the ${rules.length} rules are proven by tests`;
  return markdown.replace(SUMMARY, open.length === 0 ? `${proven}.` : `${proven}; not yet proven: ${open.join(', ')}.`);
}

/** Brings together which file proves which rule. A file counts once a rule, however many of its tests name it. */
export function proofsOf(sources: ReadonlyMap<string, string>): Proofs {
  const proofs = new Map<number, string[]>();
  for (const [file, source] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const number of new Set(testNames(source).flatMap(rulesIn))) {
      proofs.set(number, [...(proofs.get(number) ?? []), file]);
    }
  }
  return proofs;
}

/** The numbers in a test's name: `[R30]`, `[R1] [R2]`, `[R1, R2]`. */
export function rulesIn(name: string): number[] {
  return [...name.matchAll(/\[(R\d+(?:\s*,\s*R\d+)*)\]/g)].flatMap(([, list = '']) =>
    list.split(',').map((rule) => Number(rule.trim().slice(1))),
  );
}

/**
 * The names of all tests in a file: of `it`, `test` and `describe`, also as `it.each(…)('…')`. What is skipped or left to do
 * proves nothing, so its name is not among them, and neither are the names inside it.
 */
export function testNames(source: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const words = calleeWords(node.expression);
      if (TESTS.has(words[0] ?? '')) {
        if (words.includes('skip') || words.includes('todo')) return;
        const [title] = node.arguments;
        if (title) names.push(...literalOf(title));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('test.ts', source, ts.ScriptTarget.Latest));
  return names;
}

/** `it` → [it]; `it.only` → [it, only]; `it.each(rows)` → [it, each]; also of the tag of an `each` with a table. */
function calleeWords(callee: ts.Expression): string[] {
  if (ts.isIdentifier(callee)) return [callee.text];
  if (ts.isPropertyAccessExpression(callee)) return [...calleeWords(callee.expression), callee.name.text];
  if (ts.isCallExpression(callee)) return calleeWords(callee.expression);
  if (ts.isTaggedTemplateExpression(callee)) return calleeWords(callee.tag);
  return [];
}

/** The written part of a name; what is put in with `${…}` is not known here. */
function literalOf(title: ts.Expression): string[] {
  if (ts.isStringLiteralLike(title)) return [title.text];
  if (ts.isTemplateExpression(title)) {
    return [[title.head, ...title.templateSpans.map(({ literal }) => literal)].map(({ text }) => text).join('…')];
  }
  return [];
}
