import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprint } from '../../../src/lib/dkim/fingerprint.js';
import { generatePair } from '../../../src/lib/dkim/key-pair.js';
import { domainKeys, ensureKeys } from '../../../src/lib/dkim/key-store.js';
import { appendToLedger } from '../../../src/lib/dkim/ledger/file.js';
import { publications, wholePublications } from '../../../src/lib/dkim/publications.js';
import { events } from './ledger/events.js';

let secrets: string;
const DOMAINS = ['mail1.example.com', 'mail2.example.com', 'mail3.example.com'];
const IDENTITIES = DOMAINS.map((domain) => ({ domain }));
const fileOf = (domain: string, name = 'mail.pem'): string => join(secrets, 'dkim', domain, name);

beforeEach(async () => {
  secrets = join(await mkdtemp(join(tmpdir(), 'ee-publications-')), 'secrets');
});
afterEach(() => rm(join(secrets, '..'), { recursive: true, force: true }));

/** Gives a domain a further key that waits for its turn. */
async function pending(domain: string, selector: string): Promise<void> {
  const first = (await domainKeys(secrets, domain))?.active.fingerprint ?? '';
  const { privateKey, publicKey } = await generatePair();
  await writeFile(fileOf(domain, `${selector}.pem`), privateKey.reveal(), { mode: 0o600 });
  const began = { event: 'began', selector: 'mail', fingerprint: first, made: '2026-05-01T00:00:00Z' } as const;
  const generated = { event: 'generated', selector, fingerprint: fingerprint(publicKey) } as const;
  await appendToLedger(secrets, domain, events(began, generated));
}

const seen = async () => {
  const { keys, unread } = await publications(secrets, IDENTITIES);
  return {
    known: keys.map(({ domain, selector }) => `${selector} ${domain}`),
    unread: unread.map(({ domain, selector, error }) => [domain, selector, error.code]),
  };
};

describe('publications', () => {
  it('leave out a lost key alone: its domain’s other keys and all other domains are known', async () => {
    await ensureKeys(secrets, IDENTITIES);
    await pending('mail2.example.com', 's20261127');
    await rm(fileOf('mail2.example.com', 's20261127.pem'));
    expect(await seen()).toEqual({
      known: DOMAINS.map((domain) => `mail ${domain}`),
      unread: [['mail2.example.com', 's20261127', 'DKIM_KEY_UNUSABLE']],
    });
    await expect(wholePublications(secrets, IDENTITIES)).rejects.toMatchObject({ code: 'DKIM_KEY_UNUSABLE' });
  });

  it('leave out a domain whose ledger is broken, whose key is another one, or who has none', async () => {
    await ensureKeys(secrets, IDENTITIES.slice(0, 2));
    await pending('mail1.example.com', 's20261127');
    await writeFile(fileOf('mail1.example.com', 'ledger.jsonl'), 'no ledger\n', { mode: 0o600 });
    expect(await seen()).toEqual({
      known: ['mail mail2.example.com'],
      unread: [
        ['mail1.example.com', undefined, 'DKIM_LEDGER_BROKEN'],
        ['mail3.example.com', undefined, 'DKIM_KEY_MISSING'],
      ],
    });
    await pending('mail2.example.com', 's20261127');
    const other = await readFile(fileOf('mail2.example.com'), 'utf8');
    await writeFile(fileOf('mail2.example.com', 's20261127.pem'), other, { mode: 0o600 });
    expect((await seen()).unread).toContainEqual(['mail2.example.com', 's20261127', 'DKIM_KEY_UNUSABLE']);
  });

  it('are an error where no domain has a key, and where all are wanted, one that names each domain without', async () => {
    const none = `There are no DKIM keys for mail1.example.com, mail2.example.com, mail3.example.com in ${secrets}.`;
    await expect(publications(secrets, IDENTITIES)).rejects.toMatchObject({ code: 'DKIM_KEY_MISSING', message: none });
    await ensureKeys(secrets, IDENTITIES.slice(0, 1));
    await expect(wholePublications(secrets, IDENTITIES)).rejects.toMatchObject({
      message: `There are no DKIM keys for mail2.example.com, mail3.example.com in ${secrets}.`,
    });
  });
});
