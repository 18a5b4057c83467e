#!/usr/bin/env -S node --
// The `--` keeps --env-file from Node itself: Node 20 would read the file too, obey a NODE_OPTIONS in it, and end with
// status 9 where it does not exist (nodejs/node#54232). `node -- bin/run.js …` does the same by hand.
import { existsSync } from 'node:fs';

const main = new URL('../dist/lib/cli/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('Error: ee is not built yet.\nNext: npm run build\n');
  process.exit(1);
}
const { main: run } = await import(main.href);
// What was written has arrived when this gives the status.
process.exit(await run(process.argv.slice(2)));
