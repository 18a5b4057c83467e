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

/** Beside the web root, so that each of them takes its place by one rename: nothing of them is served. */
export const BESIDE = {
  /** The next web root while it is made, and when it is complete. */
  part: `${WEB_ROOT}.ee-part`,
  next: `${WEB_ROOT}.ee-new`,
  /** The one that made way. */
  former: `${WEB_ROOT}.ee-old`,
  /** A kept one that is on its way back: the only copy of it. */
  back: `${WEB_ROOT}.ee-back`,
  /** Nobody's any more. */
  gone: `${WEB_ROOT}.ee-gone`,
} as const;
