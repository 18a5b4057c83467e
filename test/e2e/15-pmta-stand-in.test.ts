import { execa } from 'execa';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const stand = fileURLToPath(new URL('../../assets/lab/pmta/test', import.meta.url));
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
