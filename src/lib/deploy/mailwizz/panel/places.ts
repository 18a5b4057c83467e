import { BACKUPS } from '../../../converge/paths.js';
import { RUN_ID } from '../../../mailwizz/under-way.js';
import { WEB_ROOT } from '../../../roles/mailwizz.js';

/** Where the database server has its databases, a folder each. */
export const DATA = '/var/lib/mysql';

/** Where a whole panel is kept: its database, its web root, and what it is. */
export interface KeptPlaces {
  readonly folder: string;
  /** Written last: without it nothing is kept. */
  readonly description: string;
  readonly dump: string;
  /** A line for each table: its name and what CHECKSUM TABLE says of it. */
  readonly checksums: string;
  readonly webRoot: string;
}

/** What the run `id` keeps. */
export function keptPlaces(id: string): KeptPlaces {
  if (!RUN_ID.test(id)) throw new Error(`not the name of a run: ${id}`);
  const folder = `${BACKUPS}/${id}/mailwizz`;
  return {
    folder,
    description: `${folder}/panel.json`,
    dump: `${folder}/database.sql.gz`,
    checksums: `${folder}/checksums`,
    webRoot: `${folder}/web-root`,
  };
}

/**
 * Beside the web root, on the same file system; root's, mode 0700. Root copies and renames the panel's trees in there alone: PHP can write
 * to folders of them, and would exchange one for a link to what is root's while root walks it.
 */
export const CLOSED = `${WEB_ROOT}.ee`;

/** In the closed folder, so that each of them comes to its place by one rename: nothing of them is served, and PHP reaches none. */
export const BESIDE = {
  /** The next web root while it is made, and when it is complete. */
  part: `${CLOSED}/part`,
  next: `${CLOSED}/new`,
  /** The one that made way. */
  former: `${CLOSED}/old`,
  /** A kept one that is on its way back: the only copy of it. */
  back: `${CLOSED}/back`,
  /** Nobody's any more. */
  gone: `${CLOSED}/gone`,
} as const;

/** Shell that makes the closed folder, and removes it once nothing is in it. */
export const OPEN_CLOSED = `mkdir -p -m 0700 ${CLOSED}`;
export const LEAVE_CLOSED = `[ ! -d ${CLOSED} ] || rmdir --ignore-fail-on-non-empty ${CLOSED}`;
