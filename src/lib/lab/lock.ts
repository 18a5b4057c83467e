import { takeLocalLock, type Free } from '../local-lock.js';
import { sleep } from './process.js';

/**
 * Runs `work` while no other process of this machine holds the same lock. `onWait` is told at once and then every `tellEvery`
 * milliseconds for how many seconds it has been waiting.
 */
export async function withLock<T>(
  name: string,
  work: () => Promise<T>,
  onWait?: (seconds: number) => void,
  tellEvery = 30_000,
): Promise<T> {
  const start = performance.now();
  let told = 0;
  let free = await takeLocalLock(name);
  while (!free) {
    const waited = performance.now() - start;
    if (waited >= told * tellEvery) {
      onWait?.(Math.round(waited / 1000));
      told++;
    }
    await sleep(200);
    free = await takeLocalLock(name);
  }
  return holding(free, work);
}

/** What is told of waiting: at first only that, later for how long. */
export const waitingFor = (what: string, seconds: number): string =>
  `${what}; waiting for it${seconds === 0 ? '' : `, ${seconds} s so far`}.`;

/** Runs `work` if nobody holds the lock; nothing happens otherwise. */
export async function ifUnlocked(name: string, work: () => Promise<void>): Promise<void> {
  const free = await takeLocalLock(name);
  if (free) await holding(free, work);
}

async function holding<T>(free: Free, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await free();
  }
}
