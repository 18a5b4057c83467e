// Bundles the API and the accounting shipper, each with all of its packages in one file, as it is deployed: the host needs Node and
// nothing else.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

/** Writes the bundle of the API to `outfile`. */
export async function bundle(outfile = join(here, 'dist', 'engine.mjs')) {
  await bundleOf('main.ts', 'node20', outfile);
}

/** Writes the bundle of the accounting shipper, which runs on VPS2, on the Node of Debian 12. */
export async function bundleShipper(outfile = join(here, 'dist', 'accounting-shipper.mjs')) {
  await bundleOf(join('shipper', 'main.ts'), 'node18', outfile);
}

async function bundleOf(entry, target, outfile) {
  await build({
    entryPoints: [join(here, 'src', entry)],
    outfile,
    bundle: true,
    platform: 'node',
    target,
    format: 'esm',
    external: ['pg-native'],
    logLevel: 'warning',
    // Some of the packages are CommonJS and call require for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
  });
}
