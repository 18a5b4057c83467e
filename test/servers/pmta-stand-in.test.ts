import { execa } from 'execa';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadCatalogue } from '../../src/lib/pmta/catalogue.js';
import { lint } from '../../src/lib/pmta/lint.js';
import { parseDocument } from '../../src/lib/pmta/parse.js';

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const stand = pathOf('../../assets/lab/pmta/test');
const configurations = pathOf('../unit/pmta/configurations');
/** They wait more than they compute. */
const AT_ONCE = 4;

async function suite(name: string): Promise<{ name: string; tests: number; failure: string }> {
  const run = await execa('/usr/bin/python3', ['-B', '-m', 'unittest', name], { cwd: stand, reject: false });
  if (run.failed && run.exitCode === undefined) {
    throw new Error('/usr/bin/python3 is needed: apt-get install python3 python3-dkim python3-dnspython');
  }
  const tests = Number(/^Ran (\d+) tests? in /m.exec(run.stderr)?.[1] ?? 0);
  return { name, tests, failure: run.exitCode === 0 ? '' : run.stderr };
}

it('the PowerMTA stand-in passes its own tests: strict parser, sources, routing, SMTP, delivery, reload, commands, package', async () => {
  const waiting = (await readdir(stand)).filter((name) => /^test_.*\.py$/.test(name)).map((name) => name.slice(0, -3));
  const done: Awaited<ReturnType<typeof suite>>[] = [];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name; name = waiting.shift()) done.push(await suite(name));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (const { name, tests, failure } of done) {
    expect(failure, name).toBe('');
    expect(tests, name).toBeGreaterThan(0);
  }
  expect(done.reduce((sum, { tests }) => sum + tests, 0)).toBeGreaterThanOrEqual(207);
}, 180_000);

/** Reads the configurations of a folder as the stand-in does, and prints the lines that it refuses in each. */
const REFUSALS = `
import json, os, sys, tempfile
sys.path.insert(0, sys.argv[1])
from pmta_stand_in import configuration, problem
refused = {}
for name in os.listdir(sys.argv[2]):
    if not name.endswith('.conf'):
        continue
    with tempfile.TemporaryDirectory() as etc:
        with open(os.path.join(sys.argv[2], name), 'rb') as given, open(os.path.join(etc, 'config'), 'wb') as config:
            config.write(given.read())
        try:
            configuration.load(etc)
            refused[name] = []
        except problem.ConfigError as error:
            refused[name] = [[one.place.line, one.message] for one in error.problems]
print(json.dumps(refused))
`;

it('whatever the stand-in refuses in the configurations, the check finds something on the same line', async () => {
  const library = pathOf('../../assets/lab/pmta/root/usr/lib/pmta-stand-in');
  const { stdout } = await execa('/usr/bin/python3', ['-B', '-c', REFUSALS, library, configurations]);
  const refused = JSON.parse(stdout) as Record<string, [line: number, message: string][]>;
  const catalogue = loadCatalogue();
  const unseen: string[] = [];
  for (const [name, faults] of Object.entries(refused)) {
    const found = new Set(
      lint(parseDocument(await readFile(join(configurations, name))), catalogue).map(({ line }) => line),
    );
    for (const [line, message] of faults) {
      // Files that this machine does not have, and what may stand in a block that is unknown itself, are not judged.
      if (/^cannot read |no network|in <bind>/.test(message) || found.has(line)) continue;
      unseen.push(`${name}:${line} ${message}`);
    }
  }
  expect(unseen).toEqual([]);
  expect(Object.values(refused).flat().length).toBeGreaterThan(50);
});
