import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EeError } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { makeBackupSet } from './backup-set.js';
import { step, type Emit } from './events.js';
import type { LabPlace } from './names.js';
import { run } from './process.js';

/** The folder of a lab's backup set, and that of its packages. */
const BACKUP_SET = 'mailwizz-email-engine';
const PACKAGES = 'packages';

/**
 * Provides what an operator would bring: the backup set and PowerMTA's package, both stand-ins that say so. What is there
 * already stays. Returns the package's path, relative to the lab's folder.
 */
export async function provideStandIns(lab: LabPlace, emit: Emit): Promise<string> {
  const set = join(lab.folder, BACKUP_SET);
  if (!existsSync(set)) await step(emit, { step: 'making the backup set' }, () => makeBackupSet(set));
  const packages = join(lab.folder, PACKAGES);
  const [present] = await debs(packages);
  const name = present ?? (await step(emit, { step: 'building the PowerMTA stand-in' }, () => buildPmta(packages)));
  return join(PACKAGES, name);
}

/** Builds the stand-in's package into a folder and returns its name. */
export async function buildPmta(folder: string): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'ee-pmta-'));
  try {
    await run('sh', [join(packageRoot(), 'assets/lab/pmta/build.sh'), work], {
      step: 'building the PowerMTA stand-in',
    });
    const [name, ...more] = await debs(work);
    if (name === undefined || more.length > 0) {
      throw new EeError('LAB_COMMAND_FAILED', {
        step: 'building the PowerMTA stand-in',
        status: 'not one package came out',
        output: [name, ...more].join(' '),
      });
    }
    await mkdir(folder, { recursive: true });
    await copyFile(join(work, name), join(folder, `${name}.part`));
    await rename(join(folder, `${name}.part`), join(folder, name));
    return name;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function debs(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.deb'));
}
