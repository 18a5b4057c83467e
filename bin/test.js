// `npm test`: type check, lint, format, then the unit, contract and lab tests, from a clean checkout.
//
// Two lanes side by side, since deployments keep one core busy and wait for the rest: the whole deployments (test/e2e from 30 on) are
// shown as they go; everything else is shown section by section, each when it has ended.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './setup.js';
import { installTestPackages } from './test-packages.js';

const requireLab = process.env.EE_REQUIRE_LAB === '1';
const failures = [];
const totals = { passed: 0, failed: 0, skipped: 0 };

/** Runs a program in the project's folder, and gives its status. What it prints is shown at once, or (`whole`) when it has ended. */
function run(title, program, args, { whole }) {
  if (!whole) console.log(`\n== ${title}`);
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', whole ? 'pipe' : 'inherit', whole ? 'pipe' : 'inherit'],
    });
    const said = [];
    child.stdout?.on('data', (chunk) => said.push(chunk));
    child.stderr?.on('data', (chunk) => said.push(chunk));
    child.once('error', (error) => {
      console.log(`\n== ${title}\n${program} could not be started: ${error.message}`);
      resolve(1);
    });
    child.once('close', (status, signal) => {
      if (whole) process.stdout.write(`\n== ${title}\n${Buffer.concat(said).toString('utf8')}`);
      if (signal === 'SIGINT') process.exit(130);
      resolve(status ?? 1);
    });
  });
}

async function check(title, script, ...args) {
  const status = await run(title, 'npm', ['run', '--silent', script, ...(args.length > 0 ? ['--', ...args] : [])], {
    whole: true,
  });
  if (status !== 0) failures.push(title);
}

/** Runs the tests of one vitest project, or those of its files whose path has one of the given parts, and counts. */
async function tests(title, project, { whole, paths = [] }) {
  const folder = mkdtempSync(join(tmpdir(), 'ee-test-'));
  const report = join(folder, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = [vitest, 'run', '--project', project, ...reporters, ...paths];
  const status = await run(title, process.execPath, args, { whole });
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
    totals.passed += numPassedTests;
    totals.failed += numFailedTests;
    totals.skipped += numPendingTests;
    // A project that ran nothing proves nothing.
    if (status !== 0 || numPassedTests === 0) failures.push(title);
  } catch {
    failures.push(`${title} (no report)`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why the lab cannot run here; undefined when it can. Installs what it needs where it may. */
async function whyNoLab() {
  const { describeEvent, installRequirements } = await import('../dist/lib/lab/lab.js');
  try {
    await installRequirements((event) => console.log(describeEvent(event)));
    installTestPackages();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** File names of test/e2e begin with a number: below 30 they try parts of the tool on a host, from 30 on whole deployments. */
const numbered = (...digits) => digits.map((digit) => `test/e2e/${digit}`);
const PARTS = numbered(0, 1, 2);
const DEPLOYMENTS = numbered(3, 4, 5, 6, 7, 8, 9);

setUp();
const reason = await whyNoLab();

async function everythingElse() {
  await check('types', 'typecheck');
  await check('lint', 'lint');
  await check('format', 'format');
  await check('documentation is current', 'docs', '--check');
  await check('rules', 'rules');
  await tests('unit tests', 'unit', { whole: true });
  await tests('contract tests', 'contract', { whole: true });
  if (reason === undefined) await tests('lab tests: parts', 'lab', { whole: true, paths: PARTS });
}

async function deployments() {
  if (reason === undefined) await tests('lab tests: deployments', 'lab', { whole: false, paths: DEPLOYMENTS });
}

await Promise.all([deployments(), everythingElse()]);

if (reason !== undefined && requireLab) failures.push(`lab tests could not run: ${reason}`);
else if (reason !== undefined)
  console.log(`\n== lab tests SKIPPED: ${reason}\n   EE_REQUIRE_LAB=1 makes this a failure.`);

console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
if (failures.length > 0) {
  console.log(`FAILED: ${failures.join('; ')}`);
  process.exit(1);
}
