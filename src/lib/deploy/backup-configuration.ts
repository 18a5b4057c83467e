import type { ConfigFindings } from '../backup/inspect.js';
import { error, warning } from '../backup/report.js';
import { isSetItem } from '../backup/set-items.js';
import { EeError } from '../errors.js';
import type { AdaptationItem } from '../pmta/adapt/report.js';
import { loadCatalogue } from '../pmta/catalogue.js';
import { lineName, takeIn, type Intake, type LostLine } from '../pmta/intake.js';
import { includesInSet } from '../pmta/set-includes.js';

/** The PowerMTA configuration of the backup set in `dir`, with the files of the set that it includes; without the lines in `drop`. */
export async function takeInFrom(
  dir: string,
  bytes: Uint8Array,
  drop: ReadonlySet<string> = new Set(),
): Promise<Intake> {
  return takeIn(bytes, { catalogue: loadCatalogue(), source: await includesInSet(dir, isSetItem), drop });
}

/** Refuses a configuration that cannot be rendered as it is: PMTA_CONFIG_UNUSABLE, PMTA_INCLUDES_MISSING. */
export function assertRenderable({ faults, lost }: Intake): void {
  if (faults.length > 0) throw new EeError('PMTA_CONFIG_UNUSABLE', { problems: faults.map(faultLine) });
  if (lost.length > 0) throw new EeError('PMTA_INCLUDES_MISSING', { lines: lost.map(lostLine) });
}

/**
 * What `ee verify` says of a configuration: as `assertRenderable` judges it. Lost rules do not spoil the set itself, and lines in `drop`
 * may be lost.
 */
export async function examineConfiguration(
  bytes: Uint8Array,
  dir: string,
  drop: ReadonlySet<string> = new Set(),
): Promise<ConfigFindings> {
  const { faults, lost, dropped, fetched, foreign, included } = await takeInFrom(dir, bytes, drop);
  return {
    problems: [
      ...faults.map((fault) => error(fault.code, faultLine(fault))),
      ...lost.map((line) => warning('CONFIG_INCLUDE_MISSING', `${lostLine(line)}: ee pmta render refuses it`)),
    ],
    notes: [
      ...dropped.map((line) => ({ code: 'CONFIG_INCLUDE_DROPPED', message: `${lostLine(line)}: PMTA_DROP names it` })),
      ...fetched.map((line) => ({ code: 'CONFIG_INCLUDE_FETCHED', message: lostLine(line) })),
      ...foreign.map((line) => ({ code: 'CONFIG_FILE_NAMED', message: lostLine(line) })),
    ],
    included: included.flatMap(({ files }) => files),
  };
}

/** What became of includes, and of other files that are named, for the report of a rendering. */
export function includeReport({ included, dropped, fetched, foreign }: Intake): AdaptationItem[] {
  const item = (action: AdaptationItem['action'], { text, line, file, consequence }: LostLine): AdaptationItem => ({
    action,
    subject: text,
    line,
    ...(file !== undefined && { file }),
    reason: consequence,
  });
  return [
    ...included.map((one) =>
      item('changed', {
        ...one,
        consequence: `the lines of ${one.files.join(', ')} take its place, which is a comment now`,
      }),
    ),
    ...dropped.map((one) => item('dropped', one)),
    ...[...fetched, ...foreign].map((one) => item('left', one)),
  ];
}

const placed = (place: Parameters<typeof lineName>[0]): string =>
  place.file === undefined ? `line ${place.line}` : lineName(place);
const faultLine = (fault: Intake['faults'][number]): string => `${placed(fault)}: ${fault.message}`;
const lostLine = (line: LostLine): string => `${placed(line)}: ${line.text}: ${line.consequence}`;
