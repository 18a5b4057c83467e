import { execa } from 'execa';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const stand = fileURLToPath(new URL('../../assets/lab/pmta/test', import.meta.url));

it('the PowerMTA stand-in passes its own tests: strict parser, sources, routing, SMTP, delivery, reload, commands, package', async () => {
  const suite = await execa('/usr/bin/python3', ['-B', '-m', 'unittest'], { cwd: stand, reject: false });
  if (suite.failed && suite.exitCode === undefined) {
    throw new Error('/usr/bin/python3 is needed: apt-get install python3 python3-dkim python3-dnspython');
  }
  expect(suite.exitCode, suite.stderr).toBe(0);
  expect(suite.stderr).toMatch(/^Ran \d{3,} tests in /m);
}, 180_000);
