import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendToLedger, readLedger } from '../../../../src/lib/dkim/ledger/file.js';
import { events, FIRST, ONE } from './events.js';

const DOMAIN = 'mail1.example.com';
let secrets: string;
let ledger: string;
beforeEach(async () => {
  secrets = await mkdtemp(join(tmpdir(), 'ee-ledger-'));
  await mkdir(join(secrets, 'dkim', DOMAIN), { recursive: true, mode: 0o700 });
  ledger = join(secrets, 'dkim', DOMAIN, 'ledger.jsonl');
});
afterEach(() => rm(secrets, { recursive: true, force: true }));

const lines = async (): Promise<string[]> => (await readFile(ledger, 'utf8')).split('\n');
const selectors = async (): Promise<(string | undefined)[] | undefined> =>
  (await readLedger(secrets, DOMAIN))?.keys.map(({ selector }) => selector);

describe('the file of a ledger', () => {
  it('has one line an event, with who, when and in which run, for its owner alone', async () => {
    await appendToLedger(secrets, DOMAIN, events(FIRST));
    await appendToLedger(secrets, DOMAIN, events(FIRST, ONE).slice(1));
    expect((await lines()).map((line) => line && (JSON.parse(line) as unknown))).toEqual([...events(FIRST, ONE), '']);
    expect((await stat(ledger)).mode & 0o777).toBe(0o600);
    expect(await selectors()).toEqual(['mail', 's20261127']);
  });

  it('takes a line that a run was killed in for one that did not happen, and the next line takes its place', async () => {
    await appendToLedger(secrets, DOMAIN, events(FIRST));
    const [torn = ''] = (await lines()).slice(0, 1);
    for (const length of [1, 10, torn.length]) {
      await writeFile(ledger, `${torn}\n${torn.slice(0, length)}`);
      expect(await selectors()).toEqual(['mail']);
    }
    await appendToLedger(secrets, DOMAIN, events(FIRST, ONE).slice(1));
    expect(await lines()).toHaveLength(3);
    expect(await selectors()).toEqual(['mail', 's20261127']);
  });

  it('names the line that is not readable or does not follow, and adds nothing to it', async () => {
    await appendToLedger(secrets, DOMAIN, events(FIRST, ONE));
    await appendFile(ledger, '{"event":"ver\n');
    await expect(readLedger(secrets, DOMAIN)).rejects.toMatchObject({
      code: 'DKIM_LEDGER_BROKEN',
      exit: 2,
      message: `${ledger}, line 3 cannot be right: it is no JSON. So it is not known which key of this domain signs. Nothing was changed.`,
    });
    const before = await readFile(ledger);
    await expect(appendToLedger(secrets, DOMAIN, events(FIRST))).rejects.toMatchObject({ code: 'DKIM_LEDGER_BROKEN' });
    expect(await readFile(ledger)).toEqual(before);

    await writeFile(ledger, `${JSON.stringify(events(ONE)[0])}\n`);
    await expect(readLedger(secrets, DOMAIN)).rejects.toMatchObject({ facts: { line: 1 } });
  });

  it.each([
    ['it is no JSON object', '[]'],
    ['it has no event that is known', '{"event":"constructor"}'],
    ['its "at" is missing or no time', '{"event":"emergency","at":"yesterday","by":"a","run":"r"}'],
    ['its "hold" is missing or no number', '{"event":"published","at":"2026-11-27","by":"a","run":"r","selector":"s"}'],
  ])('says of a line that %s', async (reason, line) => {
    await writeFile(ledger, `${line}\n`, { mode: 0o600 });
    await expect(readLedger(secrets, DOMAIN)).rejects.toMatchObject({ facts: { line: 1, reason } });
  });

  it('is not written with what does not follow', async () => {
    await appendToLedger(secrets, DOMAIN, events(FIRST));
    await expect(appendToLedger(secrets, DOMAIN, events({ event: 'verified', selector: 's1' }))).rejects.toThrow(
      'there is no key s1',
    );
    expect(await lines()).toHaveLength(2);
  });

  it('is refused when others can read it', async () => {
    await appendToLedger(secrets, DOMAIN, events(FIRST));
    await chmod(ledger, 0o644);
    await expect(readLedger(secrets, DOMAIN)).rejects.toMatchObject({ code: 'SECRET_FILE_OPEN' });
    await expect(appendToLedger(secrets, DOMAIN, events(ONE))).rejects.toMatchObject({ code: 'SECRET_FILE_OPEN' });
  });
});
