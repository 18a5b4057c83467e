import type { Run } from '../../converge/journal.js';
import type { Seen } from '../../mailwizz/state.js';
import type { UnderWay } from '../../mailwizz/under-way.js';
import { DONE_SCRIPT } from './panel/under-way.js';
import { assertSpace, INSTALL_NEEDS, keepNeeds, measure, webRootNeeds } from './panel/space.js';
import { closeAndKeep, makeWay, type PanelWork } from './panel/steps.js';
import { make } from './work.js';

/** What a replacement says that it will do, before the steps of the installation. */
export function replaceSteps(database: string, found: readonly string[], { version }: Seen): string[] {
  return [
    `close the panel, and keep what is there (MailWizz ${version ?? '?'}; ${found.join(', ') || 'no content'}): ` +
      `a dump of ${database} that is read back and compared, the web root, configuration and uploads`,
    `empty the database ${database}; \`ee rollback vps1\` brings everything back`,
  ];
}

/** Makes way for a new installation, with everything kept. What is begun is written down, and is ended by `replaced`. */
export async function replacePanel(work: PanelWork, run: Run, seen: Seen): Promise<void> {
  const { host, database, signal } = work;
  const sizes = await measure(host, database.name, signal);
  const needs = [...INSTALL_NEEDS, ...keepNeeds(sizes), ...webRootNeeds(sizes.webRoot - sizes.uploads)];
  assertSpace(host, needs, sizes);
  const begun: UnderWay = { kind: 'replace', run: run.id, by: run.by, phase: 'keeping' };
  await closeAndKeep(work, begun, seen.version);
  await makeWay(work, begun);
}

/** The new panel stands: the replacement is over. */
export async function replaced(work: PanelWork): Promise<void> {
  await make(work, 'mailwizz:replaced', {
    action: 'run',
    summary: 'the former panel is kept, for `ee rollback vps1`',
    script: DONE_SCRIPT,
  });
}
