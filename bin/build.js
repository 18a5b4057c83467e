// Makes dist/ (the compiled CLI), oclif.manifest.json (a start without importing every command) and, where the API's
// source is there, engine/dist/*.mjs (the API and the accounting shipper, each in one file, as they are deployed).
import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** Runs a script of an installed package with this Node: no shell, no PATH, the same on every system. */
function node(script, args, stdout = 'inherit') {
  // With NODE_ENV=test oclif would write the manifest of src/ instead of dist/.
  const env = { ...process.env, NODE_ENV: 'production', OCLIF_SKIP_NEW_VERSION_CHECK: 'true' };
  execFileSync(process.execPath, [script, ...args], { cwd: root, env, stdio: ['ignore', stdout, 'inherit'] });
}

/** The old dist/ stays until the new one is complete: a running ee, and a build that fails, still have it. */
function compile() {
  const [current, next, old] = ['dist', 'dist.next', 'dist.old'].map((name) => join(root, name));
  rmSync(next, { recursive: true, force: true });
  try {
    node(require.resolve('typescript/bin/tsc'), ['-p', 'tsconfig.json', '--outDir', 'dist.next']);
    if (existsSync(current)) renameSync(current, old);
    renameSync(next, current);
  } finally {
    for (const leftover of [next, old]) rmSync(leftover, { recursive: true, force: true });
  }
}

function writeManifest() {
  node(join(dirname(require.resolve('oclif/package.json')), 'bin', 'run.js'), ['manifest'], 'ignore');
}

async function bundleEngine() {
  if (!existsSync(join(root, 'engine', 'src', 'main.ts'))) return;
  const { bundle, bundleShipper } = await import('../engine/build.js');
  await Promise.all([bundle(), bundleShipper()]);
}

try {
  compile();
  writeManifest();
  await bundleEngine();
} catch (error) {
  process.stderr.write(`The build failed: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
