import { BACKUPS } from '../../../converge/paths.js';
import { EeError } from '../../../errors.js';
import { RUN_ID } from '../../../mailwizz/under-way.js';
import type { Host } from '../../../ssh/host.js';
import { succeed } from '../succeed.js';

/** A whole panel that a run replaced and kept on the host. */
export interface KeptPanel {
  /** The run that replaced it. */
  readonly id: string;
  readonly kind: 'replace' | 'upgrade' | 'rollback';
  readonly kept: string;
  readonly by: string;
  /** MW_VERSION of its code. */
  readonly version: string | null;
  readonly database: string;
  readonly tables: number;
  /** Of its dump, compressed. */
  readonly bytes: number;
  /** Of its tables, as the database server had them on its disk. */
  readonly kilobytes: number;
  /** Whether it was open to the world. */
  readonly proven: boolean;
}

/** The kept panels, the newest first: those that are whole. */
export async function keptPanels(host: Host, signal: AbortSignal): Promise<KeptPanel[]> {
  const script = `for at in ${BACKUPS}/*/mailwizz; do [ ! -d "$at/web-root" ] || cat "$at/panel.json" 2>/dev/null || :; done`;
  return parseKeptPanels(await succeed(host, script, 'listing the kept panels', signal));
}

export function parseKeptPanels(output: string): KeptPanel[] {
  return output
    .split('\n')
    .flatMap((line) => {
      if (line.trim() === '') return [];
      const { run, at, ...rest } = JSON.parse(line) as Omit<KeptPanel, 'id' | 'kept'> & { run: string; at: string };
      if (!RUN_ID.test(run)) return [];
      const { kind, by, version, database, tables, bytes, kilobytes, proven } = rest;
      return [{ id: run, kind, kept: at, by, version, database, tables, bytes, kilobytes, proven }];
    })
    .sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** The one to bring back: the named one, or the newest. One of another database is refused. */
export function chosenPanel(kept: readonly KeptPanel[], id: string | undefined, database: string): KeptPanel {
  const found = id === undefined ? kept[0] : kept.find((one) => one.id === id);
  if (!found) {
    throw new EeError('ROLLBACK_NO_PANEL', { host: 'vps1', id: id ?? '', ids: kept.map((one) => one.id) });
  }
  if (found.database !== database) {
    throw new EeError('ROLLBACK_OTHER_DATABASE', { id: found.id, database: found.database, wanted: database });
  }
  return found;
}
