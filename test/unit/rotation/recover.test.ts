import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SigningKey } from '../../../src/lib/deploy/signing-keys.js';
import { generatePair, type KeyPair } from '../../../src/lib/dkim/key-pair.js';
import { domainKeys, ensureKeys } from '../../../src/lib/dkim/key-store.js';
import type { Look, Verdict } from '../../../src/lib/dkim/rotation/look.js';
import { keyRoom } from '../../../src/lib/rotation/key-room.js';
import { recoverKeys } from '../../../src/lib/rotation/recover.js';

const DOMAIN = 'mail1.example.com';
const S = 's20261127';
let secrets: string;
let newest: KeyPair;
beforeAll(async () => {
  newest = await generatePair();
});
beforeEach(async () => {
  secrets = await mkdtemp(join(tmpdir(), 'ee-recover-'));
});
afterEach(() => rm(secrets, { recursive: true, force: true }));

const fileOf = (selector: string) => join(secrets, 'dkim', DOMAIN, `${selector}.pem`);
const signsWith = (selector: string, pem = newest.privateKey): SigningKey => ({ domain: DOMAIN, selector, pem });
const room = () => keyRoom(secrets, { id: 'run-1', by: 'alice@laptop' }, () => new Date('2026-11-27T20:00:00Z'));

/** Recovers where DNS says this of every key. */
const recover = (signing: readonly SigningKey[], withdrawn: Verdict = { kind: 'right' }) =>
  recoverKeys([DOMAIN], {
    known: (domain) => domainKeys(secrets, domain),
    keys: room(),
    dns: {
      look: async () => ({ authoritative: withdrawn, everywhere: withdrawn, withdrawn, hold: 0 }) satisfies Look,
      isTaken: async () => false,
    },
    signing,
  });
const states = async () =>
  (await domainKeys(secrets, DOMAIN))?.keys.map(({ selector, state }) => `${selector} ${state}`).join(', ');

describe('keys that VPS2 has and this machine has not', () => {
  it('are brought back where SECRETS_DIR is older, and the ones that DNS has withdrawn are revoked', async () => {
    await ensureKeys(secrets, [{ domain: DOMAIN }]);
    const before = await readFile(fileOf('mail'));
    expect(await recover([signsWith(S)])).toEqual({
      recovered: [{ domain: DOMAIN, selector: S, outcome: 'recovered' }],
      failed: [],
    });
    expect(await states()).toBe(`mail revoked, ${S} active`);
    expect(await readFile(fileOf(S), 'utf8')).toBe(newest.privateKey.reveal());
    expect(await readFile(fileOf('mail'))).toEqual(before);
    expect((await recover([signsWith(S)])).recovered[0]?.outcome).toBe('kept');
  });

  it('leave the ones that DNS still has for as long as their mail may be on its way', async () => {
    await ensureKeys(secrets, [{ domain: DOMAIN }]);
    await recover([signsWith(S)], { kind: 'wrong', reasons: ['ns1: still has a key'] });
    expect(await states()).toBe(`mail retiring, ${S} active`);
  });

  it('are not brought back where DNS does not answer: it alone tells what became of the others', async () => {
    await ensureKeys(secrets, [{ domain: DOMAIN }]);
    const { recovered, failed } = await recover([signsWith(S)], { kind: 'unknown', reasons: ['ns1: no answer'] });
    expect(recovered).toEqual([]);
    expect(failed).toMatchObject([{ domain: DOMAIN, error: { code: 'DKIM_NOT_RECOVERABLE' } }]);
    expect(await states()).toBe('mail active');
  });

  it('are brought back into an empty folder, and where the file of the active key is gone', async () => {
    expect((await recover([signsWith('mail')])).recovered).toMatchObject([{ outcome: 'recovered' }]);
    expect(await states()).toBe('mail active');
    await room().note(DOMAIN, { event: 'emergency' });
    await rm(fileOf('mail'));
    expect((await recover([signsWith('mail')])).recovered).toMatchObject([{ outcome: 'recovered' }]);
    expect(await readFile(fileOf('mail'), 'utf8')).toBe(newest.privateKey.reveal());
  });

  it('take the place of nothing, and are those that the ledger names', async () => {
    await recover([signsWith('mail')]);
    await room().note(DOMAIN, { event: 'emergency' });
    const { privateKey: other } = await generatePair();
    await writeFile(fileOf('mail'), other.reveal());
    const taken = await recover([signsWith('mail')]);
    expect(taken.failed[0]?.error.message).toContain('something else is in the place of mail.pem; move it away');
    await rm(fileOf('mail'));
    const different = await recover([signsWith('mail', other)]);
    expect(different.failed[0]?.error.message).toContain('VPS2 has another key under the selector mail');
    await writeFile(fileOf('mail'), newest.privateKey.reveal(), { mode: 0o600 });
    expect((await recover([signsWith('mail', other)])).failed[0]?.error.message).toContain('than this machine');
    expect((await recover([])).recovered).toEqual([{ domain: DOMAIN, outcome: 'none' }]);
  });
});
