// A program of the suite: several run side by side, and each is shown when it has ended.
import { spawn } from 'node:child_process';
import { root } from './setup.js';

/** Runs a program in the project's folder, shows what it printed when it has ended, and gives its status. */
export function runShown(title, program, args, variables = {}) {
  const started = performance.now();
  return new Promise((resolve) => {
    const env = { ...process.env, ...variables };
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
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
