// `npm test`: type check, lint, format, then the unit, contract and lab tests, from a clean checkout.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run, setUp } from './setup.js';
import { installTestPackages } from './test-packages.js';

const requireLab = process.env.EE_REQUIRE_LAB === '1';
const failures = [];
const totals = { passed: 0, failed: 0, skipped: 0 };

function check(name, program, args) {
  console.log(`\n== ${name}`);
  if (run(program, args) !== 0) failures.push(name);
}

const npm = (name, script) => check(name, 'npm', ['run', '--silent', script]);

/** Runs one vitest project, and counts. */
function tests(project) {
  console.log(`\n== ${project} tests`);
  const folder = mkdtempSync(join(tmpdir(), 'ee-test-'));
  const report = join(folder, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const status = run(process.execPath, [vitest, 'run', '--project', project, ...reporters]);
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
    totals.passed += numPassedTests;
    totals.failed += numFailedTests;
    totals.skipped += numPendingTests;
    // A project that ran nothing proves nothing.
    if (status !== 0 || numPassedTests === 0) failures.push(`${project} tests`);
  } catch {
    failures.push(`${project} tests (no report)`);
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

setUp();
npm('types', 'typecheck');
npm('lint', 'lint');
npm('format', 'format');
check('documentation is current', 'npm', ['run', '--silent', 'docs', '--', '--check']);
check('rules', 'npm', ['run', '--silent', 'rules']);
tests('unit');
tests('contract');

const reason = await whyNoLab();
if (reason === undefined) tests('lab');
else if (requireLab) failures.push(`lab tests could not run: ${reason}`);
else console.log(`\n== lab tests SKIPPED: ${reason}\n   EE_REQUIRE_LAB=1 makes this a failure.`);

console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
if (failures.length > 0) {
  console.log(`FAILED: ${failures.join('; ')}`);
  process.exit(1);
}
