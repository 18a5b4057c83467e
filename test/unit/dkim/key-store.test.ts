import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generatePair, parsePair } from '../../../src/lib/dkim/key-pair.js';
import { fingerprint } from '../../../src/lib/dkim/fingerprint.js';
import { currentSelector, domainKeys, ensureKeys, readKey, readKeys } from '../../../src/lib/dkim/key-store.js';
import { publications, wholePublications } from '../../../src/lib/dkim/publications.js';
import type { Happening } from '../../../src/lib/dkim/ledger/event.js';
import { appendToLedger } from '../../../src/lib/dkim/ledger/file.js';
import { isPublicHalf, readPublished, recordValue } from '../../../src/lib/dkim/record.js';
import { events } from './ledger/events.js';

let secrets: string;
const TWO = [{ domain: 'mail1.example.com' }, { domain: 'mail2.example.com' }];
const ONE = TWO.slice(0, 1);

beforeEach(async () => {
  secrets = join(await mkdtemp(join(tmpdir(), 'ee-dkim-')), 'secrets');
});
afterEach(() => rm(join(secrets, '..'), { recursive: true, force: true }));

const fileOf = (domain: string, name = 'mail.pem'): string => join(secrets, 'dkim', domain, name);
const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

describe('making keys', () => {
  it('gives each domain a key of its own under the first selector', async () => {
    expect(await ensureKeys(secrets, TWO)).toEqual([
      { domain: 'mail1.example.com', selector: 'mail', path: fileOf('mail1.example.com'), created: true },
      { domain: 'mail2.example.com', selector: 'mail', path: fileOf('mail2.example.com'), created: true },
    ]);
    const [first, second] = await readKeys(secrets, TWO);
    expect(first?.record).toMatch(/^v=DKIM1; k=rsa; p=MIIBIjAN/);
    expect(first?.record).not.toBe(second?.record);
  });

  it('makes one under the selector that is given for its domain', async () => {
    const made = await ensureKeys(secrets, TWO, new Map([['mail2.example.com', 's20261127']]));
    expect(made.map(({ selector, path }) => [selector, path])).toEqual([
      ['mail', fileOf('mail1.example.com')],
      ['s20261127', fileOf('mail2.example.com', 's20261127.pem')],
    ]);
    expect(await currentSelector(secrets, 'mail2.example.com')).toBe('s20261127');
  });

  it('[R62] keeps every existing key, byte for byte, on a second run', async () => {
    await ensureKeys(secrets, ONE);
    const before = await readFile(fileOf('mail1.example.com'));

    const again = await ensureKeys(secrets, TWO);
    expect(again.map(({ domain, created }) => [domain, created])).toEqual([
      ['mail1.example.com', false],
      ['mail2.example.com', true],
    ]);
    expect(await readFile(fileOf('mail1.example.com'))).toEqual(before);
  });

  it('lets one of two simultaneous runs win, and both report the same key', async () => {
    const runs = await Promise.all([ensureKeys(secrets, ONE), ensureKeys(secrets, ONE), ensureKeys(secrets, ONE)]);
    expect(runs.flat().filter(({ created }) => created)).toHaveLength(1);
    expect(await readdir(join(secrets, 'dkim', 'mail1.example.com'))).toEqual(['mail.pem']);
  });

  it('writes keys with mode 600 in folders with mode 700, whatever the umask', async () => {
    const umask = process.umask(0);
    try {
      await ensureKeys(secrets, ONE);
    } finally {
      process.umask(umask);
    }
    expect(await modeOf(fileOf('mail1.example.com'))).toBe('600');
    expect(await modeOf(join(secrets, 'dkim', 'mail1.example.com'))).toBe('700');
    expect(await modeOf(join(secrets, 'dkim'))).toBe('700');
    expect(await modeOf(secrets)).toBe('700');
  });

  it('stores the private half of the record it reports', async () => {
    await ensureKeys(secrets, ONE);
    const key = await readKey(secrets, 'mail1.example.com');
    const record = readPublished([[key?.record ?? '']]);
    expect(record.kind === 'key' && key !== undefined && isPublicHalf(record.publicKey, key.privateKey)).toBe(true);
    expect(key?.privateKey.reveal()).toBe(await readFile(fileOf('mail1.example.com'), 'utf8'));
  });
});

describe('an existing file in place of a key', () => {
  const place = async (content: string, mode = 0o600): Promise<void> => {
    await mkdir(join(secrets, 'dkim', 'mail1.example.com'), { recursive: true, mode: 0o700 });
    await writeFile(fileOf('mail1.example.com'), content, { mode });
    await chmod(fileOf('mail1.example.com'), mode);
  };

  it('[R62] stops the run when it holds no key, and stays as it is', async () => {
    await place('half a ke');
    await expect(ensureKeys(secrets, ONE)).rejects.toMatchObject({
      code: 'DKIM_KEY_UNUSABLE',
      exit: 2,
      message: `${fileOf('mail1.example.com')} is no usable DKIM key: it holds no private key in PEM. It was left as it is.`,
    });
    expect(await readFile(fileOf('mail1.example.com'), 'utf8')).toBe('half a ke');
  });

  it('stops the run when other users can read it', async () => {
    await place((await generatePair()).privateKey.reveal(), 0o644);
    await expect(ensureKeys(secrets, ONE)).rejects.toMatchObject({
      code: 'SECRET_FILE_OPEN',
      hint: `chmod 600 ${fileOf('mail1.example.com')}`,
    });
  });

  it('stops the run when it is a link to nothing or a folder', async () => {
    await mkdir(join(secrets, 'dkim', 'mail1.example.com'), { recursive: true, mode: 0o700 });
    await symlink('/nonexistent/key.pem', fileOf('mail1.example.com'));
    await expect(ensureKeys(secrets, ONE)).rejects.toMatchObject({ code: 'DKIM_KEY_UNUSABLE' });

    await mkdir(fileOf('mail2.example.com'), { recursive: true, mode: 0o700 });
    await expect(ensureKeys(secrets, TWO.slice(1))).rejects.toMatchObject({ code: 'SECRET_FILE_UNUSABLE' });
  });

  it('stops the run when other users could swap it', async () => {
    await place((await generatePair()).privateKey.reveal());
    await chmod(join(secrets, 'dkim'), 0o777);
    await expect(ensureKeys(secrets, ONE)).rejects.toMatchObject({
      code: 'SECRETS_FOLDER_OPEN',
      message: `${join(secrets, 'dkim')} holds private keys, and other users can write to it (mode 777).`,
    });
  });
});

describe('the selector that signs', () => {
  const DOMAIN = 'mail1.example.com';

  /** A further key; gives what the ledger says of it. */
  const add = async (selector: string): Promise<{ selector: string; fingerprint: string; record: string }> => {
    const { privateKey, publicKey } = await generatePair();
    await writeFile(fileOf(DOMAIN, `${selector}.pem`), privateKey.reveal(), { mode: 0o600 });
    return { selector, fingerprint: fingerprint(publicKey), record: recordValue(publicKey) };
  };
  const note = (...happenings: Happening[]) => appendToLedger(secrets, DOMAIN, events(...happenings));

  /** A domain that a rotation has brought from its first key to a second one. */
  const rotated = async () => {
    await ensureKeys(secrets, ONE);
    const first = (await domainKeys(secrets, DOMAIN))?.active.fingerprint ?? '';
    const { record, ...second } = await add('s20261127');
    const selector = 's20261127';
    await note(
      { event: 'began', selector: 'mail', fingerprint: first, made: '2026-05-01T00:00:00Z' },
      { event: 'generated', ...second },
      { event: 'published', selector, hold: 3600 },
      { event: 'verified', selector },
      { event: 'activating', selector },
      { event: 'activated', selector, replaces: 'mail' },
    );
    return record;
  };

  it('is that of the only key', async () => {
    expect(await currentSelector(secrets, DOMAIN)).toBeUndefined();
    await ensureKeys(secrets, ONE);
    expect(await currentSelector(secrets, DOMAIN)).toBe('mail');
  });

  it('is not guessed among several keys without a ledger', async () => {
    await ensureKeys(secrets, ONE);
    await add('s20261127');
    await expect(currentSelector(secrets, DOMAIN)).rejects.toMatchObject({
      code: 'DKIM_SELECTOR_UNCLEAR',
      message: `${join(secrets, 'dkim', DOMAIN)} does not say which key signs: it holds mail, s20261127, and no ledger.`,
      hint: expect.stringContaining('move the others out of the folder') as string,
    });
  });

  it('[R62] [R64] [R88] is the active one of the ledger, and a new run makes no further key', async () => {
    await rotated();
    const before = await readdir(join(secrets, 'dkim', DOMAIN));
    expect(await ensureKeys(secrets, ONE)).toMatchObject([{ selector: 's20261127', created: false }]);
    expect((await readKey(secrets, DOMAIN))?.path).toBe(fileOf(DOMAIN, 's20261127.pem'));
    expect(await readdir(join(secrets, 'dkim', DOMAIN))).toEqual(before);
  });

  it('[R64] [R86] is published together with the keys of before and after, and a revoked one as such', async () => {
    const second = await rotated();
    const third = await add('s20261201');
    await note({ event: 'generated', selector: third.selector, fingerprint: third.fingerprint });
    const published = async () =>
      Object.fromEntries((await wholePublications(secrets, ONE)).map(({ selector, record }) => [selector, record]));
    const first = recordOf(await readFile(fileOf(DOMAIN), 'utf8'));
    expect(await published()).toEqual({ mail: first, s20261127: second, s20261201: third.record });

    await note({ event: 'revoked', selector: 'mail' });
    await rm(fileOf(DOMAIN));
    expect(await published()).toEqual({ mail: 'v=DKIM1; k=rsa; p=', s20261127: second, s20261201: third.record });

    await note({ event: 'removed', selector: 'mail' });
    expect(Object.keys(await published())).toEqual(['s20261127', 's20261201']);
  });

  it('is told for the other keys and domains when its file is lost, and the way out is named', async () => {
    await ensureKeys(secrets, TWO);
    await rotated();
    await rm(fileOf(DOMAIN, 's20261127.pem'));
    const { keys, unread } = await publications(secrets, TWO);
    expect(keys.map(({ domain, selector }) => `${selector} ${domain}`)).toEqual([
      'mail mail1.example.com',
      'mail mail2.example.com',
    ]);
    expect(unread).toMatchObject([
      {
        domain: DOMAIN,
        selector: 's20261127',
        error: {
          code: 'DKIM_KEY_UNUSABLE',
          message: `${fileOf(DOMAIN, 's20261127.pem')} is no usable DKIM key: it is missing. It was left as it is.`,
          hint: 'VPS2 has it and goes on signing. Bring the file back from your own copy, or with `ee dkim recover` from VPS2; or replace the key: `ee dkim rotate --domain mail1.example.com`.',
        },
      },
    ]);
  });

  it('is known by the name of the only key, whatever is in its file', async () => {
    await ensureKeys(secrets, ONE);
    await writeFile(fileOf(DOMAIN), 'no key');
    expect(await currentSelector(secrets, DOMAIN)).toBe('mail');
  });

  it('is not known where the ledger was emptied', async () => {
    await rotated();
    await writeFile(fileOf(DOMAIN, 'ledger.jsonl'), '');
    await expect(domainKeys(secrets, DOMAIN)).rejects.toMatchObject({
      code: 'DKIM_SELECTOR_UNCLEAR',
      message: `${join(secrets, 'dkim', DOMAIN)} does not say which key signs: it holds mail, s20261127, and a ledger.jsonl that is empty.`,
      hint: 'Bring ledger.jsonl back from your own copy, the newest there is.',
    });
  });

  it('stops the run when its key is missing, or another one than the ledger names', async () => {
    await rotated();
    await rm(fileOf(DOMAIN, 's20261127.pem'));
    await expect(readKey(secrets, DOMAIN)).rejects.toMatchObject({ facts: { reason: 'it is missing' } });
    await expect(ensureKeys(secrets, ONE)).rejects.toMatchObject({ code: 'DKIM_KEY_UNUSABLE' });
    await add('s20261127');
    await expect(readKey(secrets, DOMAIN)).rejects.toMatchObject({
      code: 'DKIM_KEY_UNUSABLE',
      facts: { reason: 'it is another key than the one that the ledger names' },
    });
  });
});

const recordOf = (pem: string): string => recordValue(parsePair(pem).publicKey);

describe('reading keys', () => {
  it('names every domain that has none, and the command that makes them', async () => {
    await expect(readKeys(secrets, TWO)).rejects.toMatchObject({
      code: 'DKIM_KEY_MISSING',
      message: `There are no DKIM keys for mail1.example.com, mail2.example.com in ${secrets}.`,
      hint: 'If there were keys once, correct SECRETS_DIR, bring your copy back, or let `ee dkim recover` bring them from VPS2. Otherwise run `ee dkim generate`; it keeps the keys that exist.',
    });
  });
});
