import { asLocked } from '../../../converge/locked-host.js';
import type { UnderWay } from '../../../mailwizz/under-way.js';
import { type Making, make } from '../work.js';
import { closeScript, endRequests, openScript, restartPhp } from './closing.js';
import { DUMP_FUNCTIONS } from './dump.js';
import { abandonScript, keepScript } from './keep.js';
import { keptPlaces } from './places.js';
import { refuseSchedules } from './schedules.js';
import { DONE_SCRIPT, noteScript } from './under-way.js';
import { emptyCopyScript, exchangeScript, retireScript, swapScript, unswapScript } from './web-root.js';

/** Work on a whole panel: on which host, with which PHP, and whose database it is. */
export interface PanelWork extends Making {
  /** Version of PHP on the host: `8.2`. */
  readonly php: string;
  readonly database: { readonly name: string; readonly user: string };
}

/** Closes the panel and keeps its database. Where that does not come to its end, the panel is opened again as it was. */
export async function closeAndKeep(work: PanelWork, begun: UnderWay, version: string | undefined): Promise<void> {
  const { name, user } = work.database;
  await refuseSchedules(work);
  try {
    await make(work, 'mailwizz:closed', {
      action: 'update',
      summary: 'close the panel, and let its scheduled commands end',
      script: closeScript(begun, work.php, user),
    });
    await make(work, 'mailwizz:kept', {
      action: 'create',
      summary: `keep the database ${name}: dump it, read the dump back and compare`,
      script: keepScript(begun, name, version),
    });
  } catch (error) {
    // Where the host cannot be reached any more, the next run finds what was begun, and opens the panel.
    await abandon(work, begun).catch(() => undefined);
    throw error;
  }
}

/** Ends work that has changed nothing yet; it is asked of the host also where the run is being interrupted. */
export async function abandon({ host, php }: PanelWork, begun: UnderWay): Promise<void> {
  await asLocked(host).run(`set -eu\n${abandonScript(begun, php)}`, { step: 'opening the panel again' });
}

/** Puts the same code without what was added to it into place, and empties the database. Both are kept. */
export async function makeWay(work: PanelWork, begun: UnderWay): Promise<void> {
  const kept = keptPlaces(begun.run);
  await refuseSchedules(work);
  const { name } = work.database;
  await make(work, 'mailwizz:web-root', {
    action: 'update',
    summary: 'put an application without configuration and uploads into place, and keep the former one',
    script: [
      `[ -e ${kept.description} ]`,
      retireScript(kept, work.php),
      emptyCopyScript(),
      swapScript(kept),
      restartPhp(work.php),
    ].join('\n'),
  });
  await make(work, 'mailwizz:database', {
    action: 'remove',
    summary: `empty the database ${name}, which is kept`,
    script: [
      `[ -e ${kept.description} ]`,
      DUMP_FUNCTIONS,
      `ee_anew ${name}`,
      noteScript({ ...begun, phase: 'installing' }),
    ].join('\n'),
  });
}

/** Takes what was cut or failed back to what is kept of it, whatever it had come to. */
export async function goBack(work: PanelWork, begun: UnderWay): Promise<void> {
  const kept = keptPlaces(begun.run);
  await refuseSchedules(work);
  await make(work, 'mailwizz:web-root', {
    action: 'update',
    summary: 'bring the former web root back',
    script: [...endRequests(work.php, work.database.user), unswapScript(kept, work.php), restartPhp(work.php)].join(
      '\n',
    ),
  });
  await bringDatabaseBack(work, begun.run);
}

/** Exchanges the panel with a kept one. */
export async function exchange(work: PanelWork, begun: UnderWay, target: string): Promise<void> {
  await refuseSchedules(work);
  await make(work, 'mailwizz:web-root', {
    action: 'update',
    summary: `bring the web root back that run ${target} replaced`,
    script: [exchangeScript(keptPlaces(target), keptPlaces(begun.run), work.php), restartPhp(work.php)].join('\n'),
  });
  await bringDatabaseBack(work, target);
}

/** The database that a run keeps, row for row; then the panel is what it was, and nothing has to be kept of it. */
async function bringDatabaseBack(work: PanelWork, target: string): Promise<void> {
  const { name } = work.database;
  const kept = keptPlaces(target);
  await make(work, 'mailwizz:database', {
    action: 'update',
    summary: `bring the database ${name} back from the dump of run ${target}, and compare it with what it was`,
    script: [
      DUMP_FUNCTIONS,
      // One that no step had come to is left alone, and so is one whose panel was opened already: it has newer rows.
      `[ ! -e ${kept.description} ] || ee_same ${name} ${kept.checksums} 2>/dev/null || { ee_load ${kept.dump} ${name} && ee_same ${name} ${kept.checksums}; } || {`,
      `  echo "the database is not what the dump holds; the dump stays: ${kept.dump}"`,
      '  exit 1',
      '}',
    ].join('\n'),
  });
  await make(work, 'mailwizz:opened', {
    action: 'update',
    summary: 'open the panel as it was',
    script: [`rm -f ${kept.description}`, openScript(), DONE_SCRIPT, `rm -rf ${kept.folder}`].join('\n'),
  });
}
