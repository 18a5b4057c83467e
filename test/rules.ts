// `npm run rules`: compares docs/rules.md and the README with the rules that tests name. With --write both are brought up to date.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageRoot } from '../src/lib/package-root.js';
import { proofsOf, rulesOf, withProofs, withSummary } from './support/rules.js';

const ROOT = packageRoot();
const TABLE = join(ROOT, 'docs', 'rules.md');
const README = join(ROOT, 'README.md');

/** All test files of a folder, with their text. */
function testsIn(folder: string): [string, string][] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => [`${folder}/${file}`, readFileSync(join(ROOT, folder, file), 'utf8')]);
}

function main(write: boolean): number {
  const markdown = readFileSync(TABLE, 'utf8');
  const proofs = proofsOf(new Map([...testsIn('test'), ...testsIn('engine/test')]));
  const rules = rulesOf(markdown);
  const known = new Set(rules.map(({ number }) => number));
  const unknown = [...proofs].filter(([number]) => !known.has(number));
  for (const [number, files] of unknown) console.error(`R${number} is no rule, and is named in ${files.join(', ')}.`);

  const notYet = rules.filter(({ number }) => !proofs.has(number));
  console.log(`${rules.length - notYet.length} of ${rules.length} rules proven`);
  if (notYet.length > 0) console.log(`Not yet: ${notYet.map(({ number }) => `R${number}`).join(' ')}`);

  const readme = readFileSync(README, 'utf8');
  const stale = [
    { file: TABLE, text: markdown, current: withSummary(withProofs(markdown, proofs), rules, proofs) },
    { file: README, text: readme, current: withSummary(readme, rules, proofs) },
  ].filter(({ text, current }) => text !== current);
  for (const { file, current } of stale) {
    if (write) writeFileSync(file, current);
    else console.error(`${relative(ROOT, file)} is not current: run \`npm run rules -- --write\`.`);
  }
  return unknown.length > 0 || (!write && stale.length > 0) ? 1 : 0;
}

process.exitCode = main(process.argv.includes('--write'));
