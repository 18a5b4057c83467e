// One run of vitest, and what it said of each file.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root } from './setup.js';
import { runShown } from './run-shown.js';

/**
 * Runs the tests of one vitest project, or those in some of its files. Gives the counts of each file by its path, with its durations and
 * with what its failures said; `sound` where nothing failed and something ran: a project that ran nothing proves nothing.
 */
export async function vitest(title, project, files) {
  const folder = mkdtempSync(join(tmpdir(), 'ee-test-'));
  const report = join(folder, 'report.json');
  const cpuReport = join(folder, 'cpu.jsonl');
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = [program, 'run', '--project', project, ...reporters, ...files];
  const status = await runShown(title, process.execPath, args, { EE_CPU_REPORT: cpuReport });
  try {
    const cpu = cpuByFile(cpuReport);
    const results = JSON.parse(readFileSync(report, 'utf8')).testResults.map((one) => resultOf(one, cpu));
    const sound = status === 0 && results.some(({ passed }) => passed > 0);
    return { sound, results };
  } catch {
    return { sound: false, results: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What test/support/cpu-seconds.ts noted. */
function cpuByFile(report) {
  const lines = existsSync(report) ? readFileSync(report, 'utf8').split('\n').filter(Boolean) : [];
  return new Map(lines.map((line) => JSON.parse(line)).map(({ file, cpu }) => [relative(root, file), cpu]));
}

function resultOf({ name, message, status, startTime, endTime, assertionResults }, cpu) {
  const file = relative(root, name);
  const seconds = (endTime - startTime) / 1000;
  const tests = assertionResults.map((one) => ({ name: one.fullName, seconds: (one.duration ?? 0) / 1000 }));
  const are = (wanted) => assertionResults.filter((one) => one.status === wanted);
  const [passed, failed] = [are('passed').length, are('failed').length];
  const said = are('failed').map((one) => `${file}: ${one.fullName}\n${one.failureMessages.join('\n')}`);
  // A file that could not be loaded, or whose preparation failed, has no failed test.
  if (status === 'failed' && failed === 0) said.push(`${file}\n${message}`);
  const skipped = assertionResults.length - passed - failed;
  return { file, passed, failed, skipped, said, seconds, tests, cpu: cpu.get(file) ?? 0 };
}
