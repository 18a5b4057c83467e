import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureKeys } from '../../../src/lib/dkim/key-store.js';
import { keyRoom, withKeyRoom } from '../../../src/lib/rotation/key-room.js';

const DOMAIN = 'mail1.example.com';
let secrets: string;
beforeEach(async () => {
  secrets = await mkdtemp(join(tmpdir(), 'ee-room-'));
  await ensureKeys(secrets, [{ domain: DOMAIN }]);
});
afterEach(() => rm(secrets, { recursive: true, force: true }));

const room = () => keyRoom(secrets, { id: 'run-1', by: 'alice@laptop' }, () => new Date('2026-11-27T20:00:00Z'));
const ledger = async () =>
  (await readFile(join(secrets, 'dkim', DOMAIN, 'ledger.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the keys on this machine', () => {
  it('begin their ledger with the key that signed until then, and write who, when and in which run', async () => {
    const keys = room();
    const fingerprint = (await keys.make(DOMAIN, 's20261127')) ?? '';
    await keys.note(DOMAIN, { event: 'generated', selector: 's20261127', fingerprint });
    const stamp = { at: '2026-11-27T20:00:00.000Z', by: 'alice@laptop', run: 'run-1' };
    expect(await ledger()).toMatchObject([
      { event: 'began', selector: 'mail', ...stamp },
      { event: 'generated', selector: 's20261127', fingerprint, ...stamp },
    ]);
    expect((await keys.read(DOMAIN)).keys.map(({ state }) => state)).toEqual(['active', 'generated']);
  });

  it('[R62] take a key that a cut run left under the selector, and never one that they have already', async () => {
    const keys = room();
    const fingerprint = await keys.make(DOMAIN, 's20261127');
    expect(await keys.make(DOMAIN, 's20261127')).toBe(fingerprint);
    const first = await readFile(join(secrets, 'dkim', DOMAIN, 'mail.pem'));
    await writeFile(join(secrets, 'dkim', DOMAIN, 's20261128.pem'), first, { mode: 0o600 });
    expect(await keys.make(DOMAIN, 's20261128')).toBeUndefined();
    await writeFile(join(secrets, 'dkim', DOMAIN, 's20261129.pem'), 'no key', { mode: 0o600 });
    expect(await keys.make(DOMAIN, 's20261129')).toBeUndefined();
  });

  it('are for one run at a time', async () => {
    await withKeyRoom(secrets, async () => {
      await expect(withKeyRoom(secrets, async () => undefined)).rejects.toMatchObject({
        code: 'DKIM_LOCKED',
        exit: 5,
        facts: { folder: join(secrets, 'dkim') },
      });
    });
    expect(await withKeyRoom(secrets, async () => 'free')).toBe('free');
  });

  it('say which domain has none', async () => {
    await expect(room().read('mail2.example.com')).rejects.toMatchObject({ code: 'DKIM_KEY_MISSING' });
  });
});
