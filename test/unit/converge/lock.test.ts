import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lock, type LockOptions } from '../../../src/lib/converge/lock.js';
import { asLocked, type LockedHost } from '../../../src/lib/converge/locked-host.js';
import { EeError } from '../../../src/lib/errors.js';
import { ShellHost } from '../../support/shell-host.js';

const ALICE = { id: '20260216T031500Z-k3f9', by: 'alice@laptop' };
const BOB = { id: '20260216T031600Z-x7q2', by: "bob o'neil@desk" };

/** Gives no sign of life and counts as gone after a second: a machine that sleeps. */
const ASLEEP: LockOptions = { heartbeat: 3600, patience: 1 };

async function failure(promise: Promise<unknown>): Promise<EeError> {
  const error = await promise.then(
    (value) => new Error(`no failure, but ${String(value)}`),
    (thrown: unknown) => thrown,
  );
  if (error instanceof EeError) return error;
  throw error;
}

describe('the lock of a host, held by two runs on a machine', () => {
  let folder: string;
  let alices: ShellHost;
  let bobs: ShellHost;
  const taken: LockedHost[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-lock-'));
    alices = new ShellHost(folder);
    bobs = new ShellHost(folder);
  });
  afterEach(async () => {
    await Promise.all(taken.splice(0).map((one) => one.release()));
    await rm(folder, { recursive: true });
  });

  async function take(...args: Parameters<typeof lock>): Promise<LockedHost> {
    const locked = await lock(...args);
    taken.push(locked);
    return locked;
  }

  /** Bob, as soon as the lock is free. */
  async function bobTakes(): Promise<LockedHost> {
    for (;;) {
      try {
        return await take(bobs, BOB);
      } catch (error) {
        if (!(error instanceof EeError && error.code === 'LOCKED')) throw error;
        await sleep(50);
      }
    }
  }

  const file = (name: string) => join(folder, name);
  const content = (name: string) => readFile(file(name), 'utf8').catch(() => undefined);
  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) await sleep(20);
  }
  /** Process ids whose argument list holds a text. */
  function processes(text: string): number[] {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
        } catch {
          return false; // it ended meanwhile
        }
      })
      .map(Number);
  }

  it('[R24] lets one in, tells the other who is there, and is given back', async () => {
    const first = await take(alices, ALICE);
    const error = await failure(lock(bobs, BOB));
    expect([error.code, error.exit]).toEqual(['LOCKED', 5]);
    expect(error.message).toMatch(
      /^Another run is working on vps1: alice@laptop, run 20260216T031500Z-k3f9, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.$/,
    );
    expect((await first.run('echo here')).stdout.toString()).toBe('here\n');
    await first.release();
    const second = await take(bobs, BOB);
    expect((await second.run('exit 7')).code).toBe(7);
  });

  it('[R24] keeps a run that slept from writing, in whatever way, and says who has the lock', async () => {
    const first = await take(alices, ALICE, ASLEEP);
    expect((await first.run('echo awake')).stdout.toString()).toBe('awake\n');
    await bobTakes();

    const lines: string[] = [];
    const error = await failure(first.run(`: > ${file('script')}`, { onLine: (line) => lines.push(line) }));
    expect([error.code, error.exit, lines]).toEqual(['LOCK_LOST', 5, []]);
    expect(error.message).toMatch(
      /^This run lost its lock on vps1, .* Another run has the lock now: bob o'neil@desk, run 20260216T031600Z-x7q2, since .* UTC\.$/,
    );
    expect(error.hint).toContain('Wait for that run to end.');
    const piped = Readable.from([Buffer.from('data')]);
    expect((await failure(first.pipe(`cat > ${file('pipe')}`, piped))).code).toBe('LOCK_LOST');
    for (const size of [3, 300_000]) {
      const source = Buffer.alloc(size, 'x');
      const sha256 = createHash('sha256').update(source).digest('hex');
      const upload = first.upload({ source, bytes: size, sha256, target: file('upload') });
      expect((await failure(upload)).code).toBe('LOCK_LOST');
    }
    for (const name of ['script', 'pipe', 'upload']) expect(await content(name)).toBeUndefined();
  });

  it('says that the other run has ended, or that there was none', async () => {
    const first = await take(alices, ALICE, ASLEEP);
    const second = await bobTakes();
    await second.release();
    const error = await failure(first.run('true'));
    expect(error.message).toMatch(/Another run had the lock meanwhile, and has ended: bob o'neil@desk, run /);
    expect(error.hint).toMatch(/^Run the same command again/);

    const third = await take(alices, ALICE, ASLEEP);
    await until(async () => (await third.run('true').catch((thrown: unknown) => thrown)) instanceof EeError);
    expect((await failure(third.run('true'))).message).toMatch(/Nobody else has had the lock since\.$/);
  });

  it('[R24] ends what a run that slept is doing before another one begins', async () => {
    const first = await take(alices, ALICE, ASLEEP);
    const script = `: > ${file('started')}; (trap '' TERM; sleep 1; sleep 1; sleep 1; sleep 1; sleep 300; : > ${file('late')})`;
    const running = failure(first.run(script));
    await until(async () => (await content('started')) !== undefined);
    await bobTakes();
    expect(processes(file('late'))).toEqual([]);
    expect((await running).code).toBe('LOCK_LOST');
    expect(await content('late')).toBeUndefined();
  });

  it('[R24] ends what a run is doing when its connection breaks, also where no other run comes', async () => {
    const first = await take(alices, ALICE);
    const word = `sleep 300 # ${folder}`;
    const running = failure(first.run(`: > ${file('started')}; sh -c '${word}; exit'`));
    await until(async () => (await content('started')) !== undefined);
    alices.cut();
    await until(() => processes(word).length === 0);
    expect((await running).code).toBe('LOCK_LOST');
    await bobTakes();
  });

  it('[R24] ends what is left where even the keeper of the lock was killed', async () => {
    const first = await take(alices, ALICE);
    const running = failure(first.run(`: > ${file('started')}; sleep 300; : > ${file('late')}`));
    await until(async () => (await content('started')) !== undefined);
    const [, pid = ''] = /\n(\d+) /.exec((await content('lock.holder')) ?? '') ?? [];
    const group = (await bobs.run(`sed 's/.*) //' /proc/${pid}/stat | cut -d' ' -f3`)).stdout.toString().trim();
    // The program that waits for the signs of life has a group of its own.
    await bobs.run(`kill -KILL -${group}; kill -KILL $(pgrep -P ${pid}) 2>/dev/null || :`);
    const second = await bobTakes();
    expect((await running).code).toBe('LOCK_LOST');
    expect((await second.run('echo mine')).stdout.toString()).toBe('mine\n');
    expect(await content('late')).toBeUndefined();
  });

  it('[R24] lets no two write in turn, whenever the lock is lost', async () => {
    for (let round = 0; round < 6; round += 1) {
      await writeFile(file('log'), '');
      const first = await take(alices, ALICE, ASLEEP);
      let stopped: EeError | undefined;
      const writing = (async () => {
        while (stopped === undefined) {
          await first
            .run(`echo a >> ${file('log')}; sleep 0.0${round}; echo a >> ${file('log')}`)
            .catch((error: EeError) => {
              stopped = error;
            });
        }
      })();
      const second = await bobTakes();
      for (let times = 0; times < 5; times += 1) await second.run(`echo b >> ${file('log')}`);
      await writing;
      expect(stopped?.code).toBe('LOCK_LOST');
      expect((await content('log'))?.replaceAll('\n', '')).toMatch(/^a+b{5}$/);
      await second.release();
    }
  });

  it('is asked for by whatever changes a host', async () => {
    expect(() => asLocked(alices)).toThrow('vps1 is about to be changed without its lock');
    const first = await take(alices, ALICE);
    expect(asLocked(first)).toBe(first);
    await expect(first.assertHeld()).resolves.toBeUndefined();
  });

  it('is waited for with a bound, and given back where the rest of taking it fails', async () => {
    const refusing = Object.assign(new ShellHost(folder), {
      run: async () => {
        throw new EeError('SSH_LOST', { host: 'vps1', during: 'a test' });
      },
    });
    expect((await failure(lock(refusing, ALICE))).code).toBe('SSH_LOST');
    await take(bobs, BOB);
  });
});
