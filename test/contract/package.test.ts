import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.js';

const PROGRAM = [
  'bin/run.js',
  'dist/commands/init.js',
  'templates/nginx/panel.conf.ejs',
  'assets/pmta/directives.json',
];
const PRIVATE = [
  '.env.production',
  '.env',
  'secrets/dkim/mail1.example.com/mail.pem',
  'secrets/tls/panel.key',
  'mailwizz-email-engine/pmta-license-20260216',
  'mailwizz-email-engine/mailwizz-prod-20260216.tar.gz',
  'packages/powermta.deb',
  'id_ed25519',
];

/** What `npm pack` would put into the package of a checkout in which an operator also works. */
describe('the package', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-package-'));
    await copyFile(join(packageRoot(), 'package.json'), join(folder, 'package.json'));
    await copyFile(join(packageRoot(), '.gitignore'), join(folder, '.gitignore'));
    for (const file of [...PROGRAM, ...PRIVATE]) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), 'x');
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('[R114] holds the program, and nothing of the settings, keys, set or packages that lie beside it', async () => {
    const { stdout } = await promisify(execFile)(
      'npm',
      ['pack', '--dry-run', '--json', '--offline', '--ignore-scripts'],
      {
        cwd: folder,
      },
    );
    const [packed] = JSON.parse(stdout) as { files: { path: string }[] }[];
    expect(packed?.files.map(({ path }) => path).sort()).toEqual([...PROGRAM, 'package.json'].sort());
  });
});
