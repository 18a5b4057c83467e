// `npm test`: type check, lint, format, then the unit, contract, server and lab tests, from a clean checkout.
//
// Hosts are waited for more than they are worked with, so three pieces of work at a time keep two cores busy: one begins with all
// that needs no lab, the others take the files of the lab tests, the longest first. Each is shown when it has ended.
// A file that fails beside the others is run once more, alone: what fails then is broken, what passes is named as unsteady.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { longestFirst, machineCpuSeconds, showDurations } from './durations.js';
import { runShown } from './run-shown.js';
import { root, setUp } from './setup.js';
import { installTestPackages } from './test-packages.js';
import { vitest } from './vitest-run.js';

/** Pieces of work at a time. */
const AT_ONCE = 3;

const requireLab = process.env.EE_REQUIRE_LAB === '1';
const failures = [];
/** What each file said at last. */
const files = new Map();
/** Files that failed beside others. */
const again = [];
/** Tests that failed beside others, and passed alone. */
const unsteady = [];

async function check(title, script, ...args) {
  const status = await runShown(title, 'npm', ['run', '--silent', script, ...(args.length > 0 ? ['--', ...args] : [])]);
  if (status !== 0) failures.push(title);
}

/** Runs the tests of one vitest project, or those in some of its files. */
async function tests(title, project, ...chosen) {
  const { sound, results } = await vitest(title, project, chosen);
  for (const one of results) files.set(one.file, one);
  const broken = results.filter(({ said }) => said.length > 0);
  again.push(...broken.map(({ file }) => ({ project, file })));
  // A run that no file is to blame for: nothing was tested, or something failed outside of all tests.
  if (!sound && broken.length === 0) failures.push(title);
}

async function testAgain({ project, file }) {
  const first = files.get(file);
  const { sound, results } = await vitest(`once more, alone: ${file}`, project, [file]);
  for (const one of results) files.set(one.file, one);
  if (sound) unsteady.push(...first.said);
  else failures.push(file);
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

/** Files of the lab tests, the longest first. */
function labFiles() {
  const all = readdirSync(join(root, 'test', 'e2e')).filter((name) => name.endsWith('.test.ts'));
  return longestFirst(all.map((name) => `test/e2e/${name}`));
}

async function withoutLab() {
  await check('types', 'typecheck');
  await check('lint', 'lint');
  await check('format', 'format');
  await check('documentation is current', 'docs', '--check');
  await check('rules', 'rules');
  await tests('unit tests', 'unit');
  await tests('contract tests', 'contract');
  await tests('tests with servers', 'servers');
}

function labTests(file) {
  console.log(`\n-- ${file} begins`);
  return tests(`lab tests: ${file}`, 'lab', file);
}

setUp();
const began = { at: performance.now(), cpu: machineCpuSeconds() };
// What tests keep for people to look at. It is there before a test looks at what others leave in the project.
mkdirSync(join(root, 'test-results'), { recursive: true });
const reason = await whyNoLab();
const work = [withoutLab, ...(reason === undefined ? labFiles() : []).map((file) => () => labTests(file))];

async function worker() {
  for (let next = work.shift(); next; next = work.shift()) await next();
}

await Promise.all(Array.from({ length: AT_ONCE }, worker));
for (const one of again) await testAgain(one);

if (reason !== undefined && requireLab) failures.push(`lab tests could not run: ${reason}`);
else if (reason !== undefined)
  console.log(`\n== lab tests SKIPPED: ${reason}\n   EE_REQUIRE_LAB=1 makes this a failure.`);

const results = [...files.values()];
const cpuNow = machineCpuSeconds();
showDurations(results, {
  seconds: (performance.now() - began.at) / 1000,
  cpu: cpuNow === undefined || began.cpu === undefined ? undefined : cpuNow - began.cpu,
});
const count = (of) => results.reduce((sum, one) => sum + one[of], 0);
for (const one of unsteady) console.log(`\nUNSTEADY ${one}`);
for (const { said } of results) for (const one of said) console.log(`\nFAILED ${one}`);
console.log(`\n${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
if (failures.length > 0) {
  console.log(`FAILED: ${failures.join('; ')}`);
  process.exit(1);
}
