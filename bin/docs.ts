// Writes what is generated: .env.production.example and the settings table of the README from the settings catalogue,
// docs/pmta-rules.md from the rules of `ee pmta check`, and the codes in docs/dns.md from those of `ee dns check`.
// With --check nothing is written, and the status is 1 when one of them is not current.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withCodes } from '../src/lib/dns/check/codes-document.js';
import { packageRoot } from '../src/lib/package-root.js';
import { renderRulesDocument } from '../src/lib/pmta/rules-document.js';
import { renderExample, renderSettingsTable } from '../src/lib/settings/example.js';

const BEGIN = '<!-- settings:begin -->';
const END = '<!-- settings:end -->';

interface Generated {
  readonly file: string;
  readonly current: string;
  readonly wanted: string;
}

function read(file: string): string {
  const path = join(packageRoot(), file);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function readme(): Generated {
  const current = read('README.md');
  const [before, after] = [current.indexOf(BEGIN), current.indexOf(END)];
  if (before === -1 || after < before) {
    throw new Error(`README.md has no place for the settings table: put ${BEGIN} and ${END} where it belongs.`);
  }
  const wanted = `${current.slice(0, before)}${BEGIN}\n\n${renderSettingsTable()}\n${current.slice(after)}`;
  return { file: 'README.md', current, wanted };
}

function main(check: boolean): number {
  const example = {
    file: '.env.production.example',
    current: read('.env.production.example'),
    wanted: renderExample(),
  };
  const rules = { file: 'docs/pmta-rules.md', current: read('docs/pmta-rules.md'), wanted: renderRulesDocument() };
  const dns = { file: 'docs/dns.md', current: read('docs/dns.md'), wanted: withCodes(read('docs/dns.md')) };
  let stale = 0;
  for (const make of [() => example, readme, () => rules, () => dns]) {
    const { file, current, wanted } = make();
    if (current === wanted) continue;
    stale++;
    if (check) process.stderr.write(`${file} is not current: run \`npm run docs\`.\n`);
    else {
      writeFileSync(join(packageRoot(), file), wanted);
      process.stdout.write(`Wrote ${file}.\n`);
    }
  }
  return check && stale > 0 ? 1 : 0;
}

try {
  process.exitCode = main(process.argv.includes('--check'));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
