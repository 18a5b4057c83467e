// One run of vitest, and what it said of each file.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root } from './setup.js';
import { runShown } from './run-shown.js';

/**
 * Runs the tests of one vitest project, or those in some of its files. Gives the counts of each file by its path, with what its
 * failures said; `sound` where nothing failed and something ran: a project that ran nothing proves nothing.
 */
export async function vitest(title, project, files) {
  const folder = mkdtempSync(join(tmpdir(), 'ee-test-'));
  const report = join(folder, 'report.json');
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const status = await runShown(title, process.execPath, [
    program,
    'run',
    '--project',
    project,
    ...reporters,
    ...files,
  ]);
  try {
    const results = JSON.parse(readFileSync(report, 'utf8')).testResults.map(resultOf);
    const sound = status === 0 && results.some(({ passed }) => passed > 0);
    return { sound, results };
  } catch {
    return { sound: false, results: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function resultOf({ name, message, status, assertionResults }) {
  const file = relative(root, name);
  const are = (wanted) => assertionResults.filter((one) => one.status === wanted);
  const [passed, failed] = [are('passed').length, are('failed').length];
  const said = are('failed').map((one) => `${file}: ${one.fullName}\n${one.failureMessages.join('\n')}`);
  // A file that could not be loaded, or whose preparation failed, has no failed test.
  if (status === 'failed' && failed === 0) said.push(`${file}\n${message}`);
  return { file, passed, failed, skipped: assertionResults.length - passed - failed, said };
}
