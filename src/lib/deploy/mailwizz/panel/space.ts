import { STATE } from '../../../converge/paths.js';
import { EeError } from '../../../errors.js';
import { OLD_UPLOADS } from '../../../mailwizz/layout.js';
import { type FileSystem, type Need, shortages } from '../../../mailwizz/space.js';
import { WEB_ROOT } from '../../../roles/mailwizz.js';
import type { Host } from '../../../ssh/host.js';
import { quote } from '../../../ssh/shell-quote.js';
import { Answers } from '../../status/proof.js';
import { succeed } from '../succeed.js';
import { DATA } from './places.js';

const SITES = WEB_ROOT.slice(0, WEB_ROOT.lastIndexOf('/'));
const FOLDERS = [DATA, STATE, SITES] as const;

/** Kilobytes of what is there, and what is free. */
export interface Sizes {
  /** The files of the database's tables. */
  readonly tables: number;
  readonly webRoot: number;
  readonly uploads: number;
  readonly systems: readonly FileSystem[];
}

/** Measures the panel and its disks; changes nothing. */
export async function measure(host: Host, database: string, signal: AbortSignal): Promise<Sizes> {
  const uploads = OLD_UPLOADS.map((folder) => `${WEB_ROOT}/${folder}`).join(' ');
  const script = [
    `size() { du -skc "$@" 2>/dev/null | tail -n 1 | cut -f 1; }`,
    `printf 'tables\\t%s\\n' "$(size ${DATA}/${quote(database)})"`,
    `printf 'web-root\\t%s\\n' "$(size ${WEB_ROOT})"`,
    `printf 'uploads\\t%s\\n' "$(size ${uploads})"`,
    `for folder in ${FOLDERS.join(' ')}; do`,
    // What is not there yet comes to the file system of what is above it.
    '  at=$folder; while [ ! -e "$at" ]; do at=${at%/*}; at=${at:-/}; done',
    `  printf 'free\\t%s\\t%s\\t%s\\n' "$folder" "$(stat -c %d "$at")" "$(df -Pk "$at" | awk 'END { print $4 }')"`,
    'done',
  ].join('\n');
  const answers = new Answers(await succeed(host, script, 'measuring the panel and its disks', signal));
  return {
    tables: Number(answers.one('tables')),
    webRoot: Number(answers.one('web-root')),
    uploads: Number(answers.one('uploads')),
    systems: answers.all('free').map((line) => {
      const [path = '', device = '', free = ''] = line.split('\t');
      return { path, device, freeKilobytes: Number(free) };
    }),
  };
}

/** What the tables of a new installation take. */
export const INSTALL_NEEDS: readonly Need[] = [{ path: DATA, kilobytes: 100 * 1024 }];

/** What keeping the panel takes: its dump, which may be as large as the tables, and the tables once more, to read the dump back. */
export const keepNeeds = ({ tables, systems, webRoot }: Sizes): Need[] => [
  { path: STATE, kilobytes: tables },
  { path: DATA, kilobytes: tables },
  // Between two file systems a folder cannot be renamed.
  ...(deviceOf(systems, STATE) === deviceOf(systems, SITES) ? [] : [{ path: STATE, kilobytes: webRoot }]),
];

/** What the tables of a kept panel take more than keeping the one that is there: by then its copy is gone, and so are its own tables. */
export const returnNeeds = (kept: { kilobytes: number }, { tables }: Sizes): Need[] => [
  { path: DATA, kilobytes: Math.max(0, kept.kilobytes - 2 * tables) },
];

/** What a release takes: its archive on its way, its files, and the uploads that it is given. */
export const releaseNeeds = (release: { bytes: number; unpackedBytes: number }, uploads: number): Need[] => [
  { path: STATE, kilobytes: Math.ceil(release.bytes / 1024) },
  { path: SITES, kilobytes: Math.ceil(release.unpackedBytes / 1024) + uploads },
];

/** What another web root takes. */
export const webRootNeeds = (kilobytes: number): Need[] => [{ path: SITES, kilobytes }];

const deviceOf = (systems: readonly FileSystem[], path: string): string | undefined =>
  systems.find((one) => one.path === path)?.device;

/** Fails where it would not fit, before anything is done. */
export function assertSpace(host: Host, needs: readonly Need[], { systems }: Sizes): void {
  const [short] = shortages(needs, systems);
  if (short) throw new EeError('MAILWIZZ_NO_SPACE', { host: host.name, ...short });
}
