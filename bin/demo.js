// `npm run demo`: the main job from beginning to end on this machine, with the commands that an operator types.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, setUp, stop } from './setup.js';

const LAB = 'demo';

function ee(...args) {
  console.log(`\n$ ee ${args.map((arg) => (arg.includes(' ') ? `'${arg}'` : arg)).join(' ')}`);
  return run(process.execPath, ['--', 'bin/run.js', ...args]);
}

function must(...args) {
  const status = ee(...args);
  if (status !== 0)
    stop(`ee ${args.join(' ')} ended with status ${status}.`, `\`ee lab down --name ${LAB}\` clears away the lab.`);
}

if (process.platform !== 'linux' || process.getuid?.() !== 0) {
  stop(
    'The demo brings up three hosts on this machine, for which it needs Linux and root.',
    'Run it as root on a Debian machine or virtual machine: sudo npm run demo',
  );
}
setUp();
const started = Date.now();

console.log('\nThree hosts, with a backup set and stand-ins for the two commercial products:');
must('lab', 'up', '--name', LAB);
const envFile = join('/var/lib/ee-lab', LAB, '.env.production');
if (!existsSync(envFile))
  stop(`The lab has no settings file at ${envFile}.`, `ee lab down --name ${LAB}, then run this again.`);
const settings = ['--env-file', envFile];

must('verify', ...settings);
must('deploy', 'all', '--yes', ...settings);
must('mailwizz', 'install', '--yes', ...settings);
must('mailwizz', 'servers', '--yes', ...settings);

console.log('\nWhat runs where, as the hosts themselves say:');
must('status', ...settings);

console.log('\nThe same deployment again. It changes nothing:');
must('deploy', 'all', '--yes', ...settings);

console.log(`
Done in ${Math.round((Date.now() - started) / 1000)} s. The hosts are still up:
  node -- bin/run.js lab exec vps2 --name ${LAB} -- pmta show status
  node -- bin/run.js pmta render --ips 5 --env-file ${envFile}
  node -- bin/run.js dns records --env-file ${envFile}
  node -- bin/run.js lab down --name ${LAB}        # clears everything away
The project is in ${root}.`);
