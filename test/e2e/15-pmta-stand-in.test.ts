import { execa } from 'execa';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const stand = fileURLToPath(new URL('../../assets/lab/pmta/test', import.meta.url));

it('the PowerMTA stand-in passes its own tests: strict parser, sources, routing, SMTP, reload, commands, package', async () => {
  const suite = await execa('python3', ['-B', '-m', 'unittest'], { cwd: stand, reject: false });
  if (suite.failed && suite.exitCode === undefined) {
    throw new Error('python3 (3.11 or newer, with openssl and dpkg-deb beside it) is needed: apt-get install python3');
  }
  expect(suite.exitCode, suite.stderr).toBe(0);
  expect(suite.stderr).toMatch(/^Ran \d{3,} tests in /m);
}, 180_000);
