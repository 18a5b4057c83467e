import { join } from 'node:path';
import { EeError } from '../../errors.js';
import { extendPrivateFile, readPrivateBytes } from '../../private-file.js';
import type { DomainKeys } from './domain-keys.js';
import { foldLedger, LedgerFault } from './fold.js';
import type { LedgerEvent } from './event.js';
import { ledgerLine, parseLedger, type LedgerText } from './text.js';

/*
 * What happened to the keys of a domain: SECRETS_DIR/dkim/<domain>/ledger.jsonl, one line an event, only ever added to. What a
 * domain's active key is follows from it and from nothing else. A domain that was never rotated has none.
 */

/** The folder of a domain's keys and of their ledger. */
export const domainFolder = (secretsDir: string, domain: string): string => join(secretsDir, 'dkim', domain);

/** The keys of a domain as its ledger has them; nothing without a ledger. A line that a run was killed in did not happen. */
export async function readLedger(secretsDir: string, domain: string): Promise<DomainKeys | undefined> {
  const file = fileOf(secretsDir, domain);
  const { events } = await read(file);
  return folded(file, domain, events);
}

/** Whether there is such a file; one without a whole line says nothing. */
export const hasLedgerFile = async (secretsDir: string, domain: string): Promise<boolean> =>
  (await readPrivateBytes(fileOf(secretsDir, domain))) !== undefined;

/**
 * Adds lines, and gives the keys as they are now. They are on the disk when this returns. Lines that do not follow from the ledger are
 * refused: that would be a bug. Only one process may write at a time.
 */
export async function appendToLedger(
  secretsDir: string,
  domain: string,
  added: readonly LedgerEvent[],
): Promise<DomainKeys> {
  const file = fileOf(secretsDir, domain);
  const { events, whole } = await read(file);
  folded(file, domain, events);
  const keys = foldLedger(domain, [...events, ...added]);
  if (!keys) throw new Error(`the ledger of ${domain} would have no active key`);
  await extendPrivateFile(file, whole, added.map(ledgerLine).join(''));
  return keys;
}

const fileOf = (secretsDir: string, domain: string): string => join(domainFolder(secretsDir, domain), 'ledger.jsonl');

async function read(file: string): Promise<LedgerText> {
  const bytes = await readPrivateBytes(file);
  return guarded(file, () => parseLedger(bytes?.content ?? Buffer.alloc(0)));
}

const folded = (file: string, domain: string, events: readonly LedgerEvent[]): DomainKeys | undefined =>
  guarded(file, () => foldLedger(domain, events));

function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
    throw new EeError('DKIM_LEDGER_BROKEN', { file, line: error.line, reason: error.message }, { cause: error });
  }
}
