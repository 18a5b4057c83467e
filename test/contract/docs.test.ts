import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Flags, Parser, type Command } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.js';
import { commandsIn } from '../support/doc-commands.js';

const ROOT = packageRoot();
const COMMANDS = join(ROOT, 'src', 'commands');
const DOCUMENTS = [
  'README.md',
  'docs/pmta-rules.md',
  'docs/dkim.md',
  'docs/dns.md',
  'docs/lab.md',
  'docs/hosts.md',
  'docs/mailwizz.md',
  'docs/tls.md',
  'docs/powermta.md',
  'docs/sending.md',
  'docs/rules.md',
];
const text = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** The commands that there are, as they are typed: `deploy all`. */
const ids = readdirSync(COMMANDS, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3).replaceAll('/', ' '))
  .sort();

async function commandOf(id: string): Promise<Command.Class> {
  const file = join(COMMANDS, `${id.replaceAll(' ', '/')}.ts`);
  return ((await import(file)) as { default: Command.Class }).default;
}

/** Parses a command line as oclif does when it is typed; throws what the operator would see. */
async function parse(words: readonly string[]): Promise<string> {
  const id = ids.find((one) => words.slice(0, one.split(' ').length).join(' ') === one);
  if (id === undefined) throw new Error(`ee ${words.join(' ')} is no command`);
  const { args, flags, baseFlags, strict } = await commandOf(id);
  await Parser.parse(words.slice(id.split(' ').length), {
    args,
    flags: { json: Flags.boolean(), ...baseFlags, ...flags },
    strict,
  });
  return id;
}

describe('the documents', () => {
  const lines = DOCUMENTS.flatMap((file) =>
    commandsIn(text(file), 'ee').map(({ words, line }) => [`${file}:${line}`, words.join(' '), words] as const),
  );

  it.each(lines)('%s shows a command line that is accepted: ee %s', async (_place, typed, words) => {
    expect(typed.startsWith(await parse(words))).toBe(true);
  });

  it('would not pass with a command, a flag or a value that there is not', async () => {
    await expect(parse(['deploy', 'vps9'])).rejects.toThrow('is no command');
    await expect(parse(['deploy', 'all', '--dryrun'])).rejects.toThrow('Nonexistent flag: --dryrun');
    await expect(parse(['dns', 'records', '--format', 'yaml'])).rejects.toThrow('--format=yaml');
    await expect(parse(['pmta', 'render'])).rejects.toThrow('Missing required flag ips');
  });

  it('name every command in the table of the README', () => {
    const table = text('README.md')
      .split('\n')
      .filter((line) => line.startsWith('| `ee '));
    const named = table.flatMap((line) => [...(line.split(' | ')[0] ?? '').matchAll(/`ee ([^`]+)`/g)]);
    expect(named.map(([, id]) => id).sort()).toEqual(ids);
  });

  it('name only scripts of npm that there are', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
    const named = DOCUMENTS.flatMap((file) => [...text(file).matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name));
    expect(named).toContain('demo');
    expect(named.filter((name) => scripts[name ?? ''] === undefined)).toEqual([]);
  });

  it('link to files that there are', () => {
    const links = DOCUMENTS.flatMap((file) =>
      [...text(file).matchAll(/\]\(([^)#:]+)\)/g)].map(([, to = '']) => join(dirname(join(ROOT, file)), to)),
    );
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => !existsSync(link)).map((link) => relative(ROOT, link))).toEqual([]);
  });

  it('use no address outside the ranges for documentation, the loopback and the lab', () => {
    const addresses = DOCUMENTS.flatMap((file) => [...text(file).matchAll(/\b\d+(?:\.\d+){3}\b/g)].map(([ip]) => ip));
    expect(addresses).toContain('192.0.2.10');
    const allowed = /^(192\.0\.2|198\.51\.100|203\.0\.113|127\.0\.0|127\.255\.255)\./;
    expect(addresses.filter((address) => !allowed.test(address))).toEqual([]);
  });
});
