import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generatePair } from '../../../src/lib/dkim/key-pair.js';
import { currentSelector, ensureKeys, readKey, readKeys } from '../../../src/lib/dkim/key-store.js';
import { isPublicHalf, readPublished } from '../../../src/lib/dkim/record.js';

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
      exit: 1,
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
  const add = async (selector: string): Promise<void> => {
    const { privateKey } = await generatePair();
    await writeFile(fileOf('mail1.example.com', `${selector}.pem`), privateKey.reveal(), { mode: 0o600 });
  };

  it('is that of the only key', async () => {
    expect(await currentSelector(secrets, 'mail1.example.com')).toBeUndefined();
    await ensureKeys(secrets, ONE);
    expect(await currentSelector(secrets, 'mail1.example.com')).toBe('mail');
  });

  it('[R64] is the one marked active among several, and a new run makes no further key', async () => {
    await ensureKeys(secrets, ONE);
    await add('s202611a');
    await expect(currentSelector(secrets, 'mail1.example.com')).rejects.toMatchObject({
      code: 'DKIM_SELECTOR_UNCLEAR',
      message:
        `${join(secrets, 'dkim', 'mail1.example.com')} does not say which key signs: ` +
        'it holds mail, s202611a, and none is marked active.',
    });

    await writeFile(fileOf('mail1.example.com', 'active'), 's202611a\n', { mode: 0o600 });
    expect(await ensureKeys(secrets, ONE)).toMatchObject([{ selector: 's202611a', created: false }]);
    expect((await readKey(secrets, 'mail1.example.com'))?.path).toBe(fileOf('mail1.example.com', 's202611a.pem'));
  });

  it('may not name a key that is not there', async () => {
    await ensureKeys(secrets, ONE);
    await writeFile(fileOf('mail1.example.com', 'active'), 'gone', { mode: 0o600 });
    await expect(ensureKeys(secrets, ONE)).rejects.toMatchObject({ code: 'DKIM_SELECTOR_UNCLEAR' });
  });
});

describe('reading keys', () => {
  it('names every domain that has none, and the command that makes them', async () => {
    await expect(readKeys(secrets, TWO)).rejects.toMatchObject({
      code: 'DKIM_KEY_MISSING',
      message: 'There are no DKIM keys for mail1.example.com, mail2.example.com.',
      hint: 'Run `ee dkim generate`; it keeps the keys that exist.',
    });
  });
});
