import { parseEvent, type LedgerEvent } from './event.js';
import { LedgerFault } from './fold.js';

/** A ledger as it was read. */
export interface LedgerText {
  readonly events: readonly LedgerEvent[];
  /** Bytes that hold whole lines. What follows them is a line that a run was killed in: it did not happen. */
  readonly whole: number;
}

/** Reads a ledger, one JSON object a line. A line counts from its line feed on. Throws a `LedgerFault` for one that is not readable. */
export function parseLedger(bytes: Buffer): LedgerText {
  const whole = bytes.lastIndexOf('\n') + 1;
  const lines = bytes.subarray(0, whole).toString('utf8').split('\n').slice(0, -1);
  return { whole, events: lines.map(eventAt) };
}

export const ledgerLine = (event: LedgerEvent): string => `${JSON.stringify(event)}\n`;

function eventAt(line: string, index: number): LedgerEvent {
  try {
    return parseEvent(line);
  } catch (error) {
    throw new LedgerFault(index + 1, error instanceof Error ? error.message : String(error));
  }
}
