import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lagOf } from './bookkeeping.js';
import type { Place } from './place.js';

/** What the shipper says of itself. */
export interface State {
  /** Who is told: `api` or `panel`. */
  readonly to: string;
  readonly place: Place;
  /** Why the last try failed; undefined since one succeeded. */
  readonly failure: string | undefined;
  /** Since when what is there waits and nothing of it was handed over; undefined while nothing waits. */
  readonly waiting: Date | undefined;
}

/** Watches whether the place moves on. */
export class Progress {
  #offset = 0;
  #waiting: Date | undefined;

  get waiting(): Date | undefined {
    return this.#waiting;
  }

  moved(place: Place, now: Date): void {
    const offset = Object.values(place.files).reduce((sum, file) => sum + file.offset, 0);
    if (lagOf(place) === 0) this.#waiting = undefined;
    else if (offset !== this.#offset || this.#waiting === undefined) this.#waiting = now;
    this.#offset = offset;
  }
}

/** Writes the state into a folder, for Prometheus (`metrics.prom`, read by the node exporter) and for people (`status.json`). */
export async function writeState(folder: string, state: State, now = new Date()): Promise<void> {
  await replace(join(folder, 'metrics.prom'), metricsOf(state, now));
  await replace(join(folder, 'status.json'), `${JSON.stringify(statusOf(state, now))}\n`);
}

/** A reader sees the old text or the new one. */
async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.next`, text, { mode: 0o644 });
  await rename(`${path}.next`, path);
}

function statusOf({ place, failure, waiting }: State, now: Date): Record<string, unknown> {
  const current = Object.values(place.files).find((file) => file.current);
  return {
    updated: now.toISOString(),
    file: current?.name ?? '',
    offset: current?.offset ?? 0,
    behind: lagOf(place),
    waiting: waiting?.toISOString() ?? '',
    delivered: place.delivered,
    acknowledged: place.acknowledged,
    lost: place.losses,
    failure: failure ?? '',
  };
}

/** The text format of Prometheus. Shippers to different receivers differ in a label, and must agree in all texts. */
export function metricsOf({ to, place, failure }: State, now: Date): string {
  const seconds = (iso: string): number => (iso === '' ? 0 : Date.parse(iso) / 1000);
  const metrics: [name: string, type: 'counter' | 'gauge', help: string, value: number][] = [
    ['delivered_total', 'counter', 'Records that the receiver acknowledged.', place.delivered],
    [
      'dead_letters_total',
      'counter',
      'Records put aside, since they are none or the receiver refuses them.',
      place.deadLetters,
    ],
    ['lost_files_total', 'counter', 'Files that went before they were handed over.', place.losses.files],
    ['lost_records_total', 'counter', 'Records in them, as an estimate.', place.losses.records],
    ['lag_bytes', 'gauge', 'Bytes of the accounting files that are not handed over yet.', lagOf(place)],
    ['failing', 'gauge', 'Whether the last try to reach the receiver failed.', failure === undefined ? 0 : 1],
    [
      'acknowledged_timestamp_seconds',
      'gauge',
      'When the receiver last acknowledged records.',
      seconds(place.acknowledged),
    ],
    ['updated_timestamp_seconds', 'gauge', 'When this was written.', now.getTime() / 1000],
  ];
  return metrics
    .map(([name, type, help, value]) => {
      const full = `ee_accounting_shipper_${name}`;
      return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${full}{to="${to}"} ${value}\n`;
    })
    .join('');
}
