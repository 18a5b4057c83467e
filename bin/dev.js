#!/usr/bin/env -S node --
// Runs the TypeScript of src/ as it is, without a build.
import { register } from 'tsx/esm/api';

register();
const { main } = await import('../src/lib/cli/main.ts');
process.exit(await main(process.argv.slice(2), { development: true }));
