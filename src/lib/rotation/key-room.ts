import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { bringKeyFile, keyPath, makeKeyFile, readKeyFile } from '../dkim/key-files.js';
import { domainKeys, lostKeys } from '../dkim/key-store.js';
import type { DomainKeys } from '../dkim/ledger/domain-keys.js';
import type { Happening } from '../dkim/ledger/event.js';
import { appendToLedger, readLedger } from '../dkim/ledger/file.js';
import { EeError } from '../errors.js';
import { takeLocalLock } from '../local-lock.js';
import { ensurePrivateFolder, removePrivateFile } from '../private-file.js';
import type { KeyRoom } from './site.js';

/** Who writes into a ledger, and in which run. */
export interface Writer {
  readonly id: string;
  readonly by: string;
}

/** The keys under SECRETS_DIR. The first thing that happens to a domain begins its ledger with the key that signed until then. */
export function keyRoom(secretsDir: string, run: Writer, now: () => Date): KeyRoom {
  const stamped = (happening: Happening) => ({ ...happening, at: now().toISOString(), by: run.by, run: run.id });
  const read = async (domain: string): Promise<DomainKeys> => {
    const keys = await domainKeys(secretsDir, domain);
    if (!keys) throw new EeError('DKIM_KEY_MISSING', { domains: [domain], folder: secretsDir });
    return keys;
  };
  const begin = async (domain: string): Promise<void> => {
    if (!(await readLedger(secretsDir, domain)))
      await appendToLedger(secretsDir, domain, [stamped(begun(await read(domain)))]);
  };
  return {
    folder: secretsDir,
    read,
    lost: (keys) => lostKeys(secretsDir, keys),
    async note(domain, happening) {
      await begin(domain);
      await appendToLedger(secretsDir, domain, [stamped(happening)]);
    },
    async make(domain, selector) {
      await begin(domain); // two keys without a ledger would not say which one signs
      const made = await makeKeyFile(secretsDir, domain, selector);
      if (made.created) return made.fingerprint;
      const there = await readKeyFile(secretsDir, domain, selector).catch(() => undefined);
      const isKnown = (await read(domain)).keys.some(({ fingerprint }) => fingerprint === there?.fingerprint);
      return isKnown ? undefined : there?.fingerprint;
    },
    async bring(domain, selector, pair) {
      if (await domainKeys(secretsDir, domain)) await begin(domain);
      return bringKeyFile(secretsDir, domain, selector, pair);
    },
    discard: (domain, selector) => removePrivateFile(keyPath(secretsDir, domain, selector)),
  };
}

/** Runs `work` while no other process of this machine writes into the ledgers. */
export async function withKeyRoom<T>(secretsDir: string, work: () => Promise<T>): Promise<T> {
  const folder = join(secretsDir, 'dkim');
  // A folder that is not there may be a disk that is not mounted: it is not made for a lock.
  const place = await realpath(folder).catch(() => undefined);
  if (place !== undefined) await ensurePrivateFolder(folder);
  const free = await takeLocalLock(`DKIM keys in ${place ?? folder}`);
  if (!free) throw new EeError('DKIM_LOCKED', { folder });
  try {
    return await work();
  } finally {
    await free();
  }
}

const begun = ({ active: { selector, fingerprint, made } }: DomainKeys): Happening => ({
  event: 'began',
  selector,
  fingerprint,
  made: made.toISOString(),
});
