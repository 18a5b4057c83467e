// How long the files of the tests take, and the order that follows from it: the longest first, so that no lane works alone at the end.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './setup.js';

/** What the last run on this machine measured. */
const MEASURED = join(root, 'test-results', 'durations.json');
/** What one run measured, for a checkout that has not run yet. */
const SHIPPED = join(root, 'test', 'durations.json');

/** Seconds of each file: as measured here, else as shipped. */
const known = () => new Map([SHIPPED, MEASURED].flatMap(readSeconds));

function readSeconds(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).files.map(({ file, seconds }) => [file, seconds]);
  } catch {
    return [];
  }
}

/** The files, the longest first. One that was never measured comes first of all. */
export function longestFirst(files, seconds = known()) {
  const of = (file) => seconds.get(file) ?? Number.MAX_VALUE;
  return [...files].sort((a, b) => of(b) - of(a) || (a < b ? -1 : 1));
}

/** Seconds of user and system time that all processes of this machine have used since it started; nothing off Linux. */
export function machineCpuSeconds() {
  try {
    const [user, nice, system] = readFileSync('/proc/stat', 'utf8')
      .split('\n')[0]
      .trim()
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return (user + nice + system) / 100;
  } catch {
    return undefined;
  }
}

const column = (value, width) => String(value).padStart(width);

/** Prints seconds and CPU seconds of each file and the slowest tests, and keeps them for the next run. */
export function showDurations(results, { seconds, cpu }) {
  const files = results
    .map(({ file, seconds, cpu }) => ({ file, seconds: Math.round(seconds), cpu: Math.round(cpu) }))
    .sort((a, b) => b.seconds - a.seconds);
  const slowest = results
    .flatMap(({ file, tests }) => tests.map((test) => ({ file, ...test })))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 15)
    .map(({ file, name, seconds }) => ({ file, name, seconds: Math.round(seconds) }));
  const shown = files.filter(({ seconds }) => seconds > 0);
  console.log('\n== durations\n      s  CPU s  file');
  for (const one of shown) console.log(`${column(one.seconds, 7)}${column(one.cpu, 7)}  ${one.file}`);
  console.log(`   under 1 s: ${files.length - shown.length} more files`);
  console.log(`\nThe slowest tests:`);
  for (const one of slowest) console.log(`${column(one.seconds, 7)}  ${one.file}: ${one.name}`);
  const all = cpu === undefined ? '' : `, ${Math.round(cpu)} s of CPU (user and system, the whole machine)`;
  console.log(`\n${Math.round(seconds)} s in all${all}`);
  mkdirSync(dirname(MEASURED), { recursive: true });
  const whole = { seconds: Math.round(seconds), cpu: cpu === undefined ? null : Math.round(cpu) };
  writeFileSync(MEASURED, `${JSON.stringify({ ...whole, files, slowest }, null, 2)}\n`);
}
