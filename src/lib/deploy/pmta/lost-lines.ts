import { readFile } from 'node:fs/promises';
import { takesProbes } from '../../pmta/adapt/probe.js';
import { configurationIn } from '../../pmta/backup-config.js';
import { lossesBetween, type Loss } from '../../pmta/losses.js';
import { parseDocument } from '../../pmta/parse.js';
import type { Settings } from '../../settings/settings.js';
import { triedAdaptation } from '../adapted-configuration.js';
import { withOverlay } from '../overlay.js';

/** A line of the configuration in the backup set that does not hold on the host, and what follows from that. */
export interface LostLine extends Omit<Loss, 'line'> {
  /** `85`, or `isps.conf:3` for a line of a file that it includes. */
  readonly line: string;
}

/**
 * What the configuration that runs on a host has lost of the one in the backup set: an earlier `ee` left out what virtual MTAs carried,
 * and patterns. Lines that the settings or the overlay change on purpose are not lost. Nothing where `ee` did not render what runs.
 * Throws where the set has no configuration, and as `triedAdaptation` and `withOverlay` do.
 */
export async function lostLines(settings: Settings, running: Buffer): Promise<LostLine[]> {
  const document = parseDocument(running);
  if (!takesProbes(document.nodes)) return [];
  const backup = await readFile(await configurationIn(settings.backup.dir));
  const { original, nameOf, adaptation, plan } = await triedAdaptation(settings, backup);
  const wanted = await withOverlay(adaptation.document, settings, plan.feeders);
  const unplaced = new Set(adaptation.unplaced.map(({ line }) => line));
  const chosen = lossesBetween(original, wanted.document, plan).filter(({ line }) => !unplaced.has(line));
  const meant = new Set(chosen.map(({ line }) => line));
  return lossesBetween(original, document, plan)
    .filter(({ line }) => !meant.has(line))
    .map((loss) => ({ ...loss, line: nameOf(loss.line) }));
}
