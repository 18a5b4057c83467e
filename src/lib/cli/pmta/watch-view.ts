import chalk from 'chalk';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Look, PmtaStatus } from '../../deploy/pmta-status/pmta-status.js';
import { printable } from '../../printable.js';
import { failureDocument, toFailure } from '../failure.js';
import { LiveScreen } from '../live-screen.js';
import { cut } from '../table.js';
import { statusDocument } from './status-document.js';
import { statusLines } from './status-text.js';

/** Shows look after look. */
export interface WatchView {
  show(look: Look): void;
  close(): void;
}

/** At a terminal: one screen that is drawn over. While the host is lost, the last that was seen stays, and says so. */
export function screenView(
  terminal: NodeJS.WriteStream,
  interval: number,
  redact: (text: string) => string,
): WatchView {
  const screen = new LiveScreen(terminal);
  let last: PmtaStatus | undefined;
  return {
    show(look) {
      if (look.kind === 'status') last = look.status;
      screen.show((width) =>
        [heading(look, interval, width), '', ...(last ? statusLines(last, { width }) : [])].map(redact),
      );
    },
    close: () => screen.close(),
  };
}

function heading(look: Look, interval: number, width: number): string {
  if (look.kind === 'status') {
    return chalk.dim(cut(`${clock(look.status.time)}  every ${interval} s, Ctrl-C ends it`, width));
  }
  return chalk.red(
    cut(`${clock(look.time)}  ${printable(look.error.message)} Trying again; below is what was seen last.`, width),
  );
}

/** Off a terminal: a block a look. */
export const blockView = (print: (text: string) => void): WatchView => ({
  show(look) {
    if (look.kind === 'status')
      print(`${look.status.time}\n${statusLines(look.status, { width: Infinity }).join('\n')}\n`);
    else print(`${look.time}\n${printable(look.error.message)} Trying again.\n`);
  },
  close: () => undefined,
});

/** With --json: a document a line (NDJSON), also for a look at which the host was out of reach. */
export const jsonView = (printJson: (document: unknown) => void): WatchView => ({
  show(look) {
    if (look.kind === 'status') printJson(statusDocument(look.status));
    else printJson({ time: look.time, ...failureDocument(toFailure(look.error, 'ee pmta status')) });
  },
  close: () => undefined,
});

/** The wait between two looks, cut short by the signal. */
export const pauseOf = (seconds: number, signal: AbortSignal) => (): Promise<void> =>
  sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);

/** Local time of the operator. */
const clock = (time: string): string => new Date(time).toLocaleTimeString('en-GB');
