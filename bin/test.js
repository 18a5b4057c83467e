// `npm test`: type check, lint, format, then the unit, contract and lab tests, from a clean checkout.
//
// Hosts are waited for more than they are worked with, so three pieces of work at a time keep two cores busy: one begins with all
// that needs no lab, the others take the files of the lab tests, the whole deployments first. Each is shown when it has ended.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root, setUp } from './setup.js';
import { installTestPackages } from './test-packages.js';

/** Pieces of work at a time. */
const AT_ONCE = 3;

const requireLab = process.env.EE_REQUIRE_LAB === '1';
const failures = [];
/** Told again at the end, where they are found in a long output. */
const failedTests = [];
const totals = { passed: 0, failed: 0, skipped: 0 };

/** The failed tests of a file, each with what it said; or why the file could not be run. */
function failuresOf({ name, message, status, assertionResults }) {
  const file = relative(root, name);
  const failed = assertionResults.filter((one) => one.status === 'failed');
  if (failed.length === 0) return status === 'failed' ? [`${file}\n${message}`] : [];
  return failed.map((one) => `${file}: ${one.fullName}\n${one.failureMessages.join('\n')}`);
}

/** Runs a program in the project's folder, shows what it printed when it has ended, and gives its status. */
function run(title, program, args) {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = [];
    child.stdout.on('data', (chunk) => said.push(chunk));
    child.stderr.on('data', (chunk) => said.push(chunk));
    child.once('error', (error) => {
      console.log(`\n== ${title}\n${program} could not be started: ${error.message}`);
      resolve(1);
    });
    child.once('close', (status, signal) => {
      const seconds = Math.round((performance.now() - started) / 1000);
      process.stdout.write(`\n== ${title} (${seconds} s)\n${Buffer.concat(said).toString('utf8')}`);
      if (signal === 'SIGINT') process.exit(130);
      resolve(status ?? 1);
    });
  });
}

async function check(title, script, ...args) {
  const status = await run(title, 'npm', ['run', '--silent', script, ...(args.length > 0 ? ['--', ...args] : [])]);
  if (status !== 0) failures.push(title);
}

/** Runs the tests of one vitest project, or those in some of its files, and counts. */
async function tests(title, project, ...files) {
  const folder = mkdtempSync(join(tmpdir(), 'ee-test-'));
  const report = join(folder, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const status = await run(title, process.execPath, [vitest, 'run', '--project', project, ...reporters, ...files]);
  try {
    const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    totals.passed += numPassedTests;
    totals.failed += numFailedTests;
    totals.skipped += numPendingTests;
    failedTests.push(...testResults.flatMap(failuresOf));
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

/** Files of the lab tests. Their names begin with a number: from 30 on they are whole deployments, which take longest. */
function labFiles() {
  const all = readdirSync(join(root, 'test', 'e2e')).filter((name) => name.endsWith('.test.ts'));
  const [deployments, parts] = [all.filter((name) => name >= '3'), all.filter((name) => name < '3')];
  return [...deployments.sort(), ...parts.sort().reverse()].map((name) => `test/e2e/${name}`);
}

async function withoutLab() {
  await check('types', 'typecheck');
  await check('lint', 'lint');
  await check('format', 'format');
  await check('documentation is current', 'docs', '--check');
  await check('rules', 'rules');
  await tests('unit tests', 'unit');
  await tests('contract tests', 'contract');
}

setUp();
const reason = await whyNoLab();

const work = [withoutLab, ...(reason === undefined ? labFiles() : []).map((file) => () => labTests(file))];

function labTests(file) {
  console.log(`\n-- ${file} begins`);
  return tests(`lab tests: ${file}`, 'lab', file);
}

async function worker() {
  for (let next = work.shift(); next; next = work.shift()) await next();
}

await Promise.all(Array.from({ length: AT_ONCE }, worker));

if (reason !== undefined && requireLab) failures.push(`lab tests could not run: ${reason}`);
else if (reason !== undefined)
  console.log(`\n== lab tests SKIPPED: ${reason}\n   EE_REQUIRE_LAB=1 makes this a failure.`);

for (const one of failedTests) console.log(`\nFAILED ${one}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
if (failures.length > 0) {
  console.log(`FAILED: ${failures.join('; ')}`);
  process.exit(1);
}
