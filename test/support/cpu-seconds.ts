import { appendFileSync, readFileSync } from 'node:fs';
import { afterAll, expect } from 'vitest';

/**
 * Notes the CPU seconds that a test file cost, for `npm test`: those of its own process, and of every program that it ran and waited
 * for (proc(5): utime, stime, cutime and cstime). Hosts of a lab outlive it and are not in it.
 */
const report = process.env['EE_CPU_REPORT'];
if (report !== undefined) {
  const before = cpuSeconds();
  afterAll(() => {
    const file = expect.getState().testPath ?? '';
    appendFileSync(report, `${JSON.stringify({ file, cpu: cpuSeconds() - before })}\n`);
  });
}

function cpuSeconds(): number {
  try {
    const fields = readFileSync('/proc/self/stat', 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
}
