// What `npm run demo` and `npm test` need before anything else: this Node, the npm packages, the build. Uses nothing but Node.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Ends the program with a sentence and the next thing to type. */
export function stop(message, next) {
  process.stderr.write(`Error: ${message}\nNext: ${next}\n`);
  process.exit(1);
}

/** Runs a program in the project's folder and shows what it prints; gives its status. */
export function run(program, args, options = {}) {
  const { status, signal, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) stop(`${program} could not be started: ${error.message}`, `Install ${program}, then run this again.`);
  if (signal) process.exit(130);
  return status ?? 1;
}

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

/** When the newest file below a folder was changed. */
function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) latest = Math.max(latest, modified(join(entry.parentPath ?? entry.path, entry.name)));
  }
  return latest;
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    stop(
      `This is Node ${process.versions.node}; Node 20.19 or newer is needed.`,
      'Install Node 22 from https://nodejs.org',
    );
  }
}

function installPackages() {
  const installed = modified(join(root, 'node_modules', '.package-lock.json'));
  if (installed >= modified(join(root, 'package-lock.json'))) return;
  console.log('Installing the npm packages');
  // No package's own script is run: none is needed, and compiling what is optional would take minutes and a compiler.
  if (run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']) !== 0) {
    stop('The npm packages could not be installed.', 'Check the network, then run this again.');
  }
}

function build() {
  const built = modified(join(root, 'oclif.manifest.json'));
  const sources = [join(root, 'src'), join(root, 'engine', 'src')].filter(existsSync);
  const changed = Math.max(
    ...sources.map(newest),
    modified(join(root, 'package.json')),
    modified(join(root, 'tsconfig.json')),
  );
  const whole = existsSync(join(root, 'dist')) && existsSync(join(root, 'engine', 'dist', 'engine.mjs'));
  if (whole && built > changed) return;
  console.log('Building');
  if (run(process.execPath, ['bin/build.js']) !== 0) process.exit(1);
}

/** Makes a fresh clone ready to run; on a ready one it takes no time. */
export function setUp() {
  checkNode();
  installPackages();
  build();
}
