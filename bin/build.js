// Makes dist/ (the compiled CLI), oclif.manifest.json (a start without importing every command) and, where the API's
// source is there, engine/dist/engine.mjs (the API in one file, as it is deployed).
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** Runs a script of an installed package with this Node: no shell, no PATH, the same on every system. */
function node(script, ...args) {
  execFileSync(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}

function compile() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.json'], {
    cwd: root,
    stdio: 'inherit',
  });
}

function writeManifest() {
  rmSync(join(root, 'oclif.manifest.json'), { force: true });
  node(join(dirname(require.resolve('oclif/package.json')), 'bin', 'run.js'), 'manifest');
}

async function bundleEngine() {
  if (!existsSync(join(root, 'engine', 'src', 'main.ts'))) return;
  const { bundle } = await import('../engine/build.js');
  await bundle();
}

try {
  compile();
  writeManifest();
  await bundleEngine();
} catch (error) {
  process.stderr.write(`The build failed: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
