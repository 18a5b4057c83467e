import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AccountingFiles } from './accounting-files.js';
import { ApiClient } from './api-client.js';
import { backoff } from './backoff.js';
import { loadShipperConfig, type Destination, type ShipperConfig } from './config.js';
import { ConfigError } from '../config-error.js';
import { DeadLetters } from './dead-letters.js';
import type { Receiver } from './delivery.js';
import { PanelClient } from './panel-client.js';
import { NOWHERE, PlaceFile, type Place } from './place.js';
import { Shipper, type Report } from './shipper.js';
import { Progress, writeState, type State } from './state-report.js';

/** Milliseconds between two looks at files that did not grow, and until a rotated file is taken for complete. */
const POLL = 1_000;
const QUIET = 60_000;
/** The state is written at least this often, so that a reader can tell an idle shipper from a dead one. */
const SIGN_OF_LIFE = 15_000;

const wait = (milliseconds: number, signal: AbortSignal): Promise<void> => sleep(milliseconds, undefined, { signal });

/** Lines for the journal; the number is the priority that systemd reads from it (sd-daemon(3)). */
const say = (priority: 3 | 4 | 6, text: string): void => void process.stdout.write(`<${priority}>${text}\n`);

/** Reports into the journal, and into the files for Prometheus and people. */
class Reporter implements Report {
  #place: Place = NOWHERE;
  #failure: string | undefined;
  #writing = Promise.resolve();
  readonly #progress = new Progress();

  constructor(
    private readonly folder: string,
    private readonly to: Destination['kind'],
  ) {}

  failed(reason: string, again: number): void {
    say(4, `Not handed over: ${reason}. Trying again in ${Math.ceil(again / 1000)} s.`);
    this.#failure = reason;
    this.write();
  }

  lost({ file, bytes, records, why }: Parameters<Report['lost']>[0]): void {
    say(3, `LOST: ${file}: ${why}. ${bytes} bytes of it were not read, about ${records} records.`);
  }

  dead({ file, offset, reason, id }: Parameters<Report['dead']>[0]): void {
    say(3, `Put aside as a dead letter: the record at ${file}, byte ${offset} (${id.slice(0, 12)}): ${reason}.`);
  }

  /** A whole round went well. */
  well(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.write();
  }

  moved(place: Place): void {
    if (place.acknowledged !== this.#place.acknowledged) this.#failure = undefined;
    this.#place = place;
    this.#progress.moved(place, new Date());
    this.write();
  }

  /** One after the other; what came meanwhile goes with the next. */
  write(): void {
    this.#writing = this.#writing
      .then(() => writeState(this.folder, this.#state()))
      .catch((error: unknown) => say(4, `The state cannot be written: ${String(error)}`));
  }

  #state(): State {
    return { to: this.to, place: this.#place, failure: this.#failure, waiting: this.#progress.waiting };
  }
}

function receiverOf(destination: Destination): Receiver {
  if (destination.kind === 'api') return new ApiClient(destination.server);
  return new PanelClient(destination.server, { now: Date.now, wait });
}

async function ship({ accountingFile, destination, stateFolder, reportFolder }: ShipperConfig, signal: AbortSignal) {
  const report = new Reporter(reportFolder, destination.kind);
  const shipper = await Shipper.resume({
    files: new AccountingFiles(accountingFile, QUIET),
    store: new PlaceFile(join(stateFolder, 'place.json')),
    deadLetters: new DeadLetters(join(stateFolder, 'dead-letters.jsonl')),
    receiver: receiverOf(destination),
    wait,
    report,
  });
  const life = setInterval(() => report.write(), SIGN_OF_LIFE);
  try {
    for (let failures = 0; ;) {
      try {
        const handled = await shipper.round(signal);
        failures = 0;
        report.well();
        if (handled === 0) await wait(POLL, signal);
      } catch (error) {
        if (signal.aborted) return;
        const again = backoff(failures++);
        report.failed(error instanceof Error ? error.message : String(error), again);
        await wait(again, signal);
      }
    }
  } finally {
    clearInterval(life);
  }
}

async function main(): Promise<void> {
  const config = loadShipperConfig(process.env);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  const { accountingFile, destination } = config;
  say(6, `Handing over ${accountingFile} to ${destination.server.name} at ${destination.server.address}.`);
  await ship(config, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
}

main().then(
  () => process.exit(0), // kept connections would hold it open
  (error: unknown) => {
    const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`accounting-shipper cannot start. ${text}\n`);
    process.exit(1);
  },
);
