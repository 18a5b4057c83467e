import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { statusLines } from '../../../src/lib/rotation/status-report.js';
import { statusOf } from '../../../src/lib/rotation/status.js';
import { makeKeys, Model, POLICY, type Keys } from './model.js';

const DOMAIN = 'mail1.example.com';
let keys: Keys;
let model: Model;
beforeAll(async () => {
  keys = await makeKeys(2);
}, 120_000);
beforeEach(() => {
  model = new Model([DOMAIN], keys);
});

/** The status with a look at DNS. */
const status = async () => {
  const site = model.site();
  const lost = await site.keys.lost(model.domain(DOMAIN));
  return statusOf(model.domain(DOMAIN), lost, site.dns(), site.now(), POLICY);
};

describe('the status of a key that signs', () => {
  it('says that DNS has it', async () => {
    const seen = await status();
    expect(seen.problems).toEqual([]);
    expect(statusLines([seen])[1]).toMatch(/^ {2}mail {9}active, 200 days old: overdue, .*, DNS has it$/);
  });

  it('is a problem where DNS has something else, or nothing', async () => {
    for (const server of Object.values(model.servers)) server.zone = new Map();
    const seen = await status();
    expect(seen.problems).toEqual([
      'mail: DNS does not have this key as it should be: ns1: the name does not exist; ns2: the name does not exist',
    ]);
    expect(statusLines([seen])[1]).toMatch(/, not in DNS$/);
  });

  it('is no problem where DNS does not answer, and that is said', async () => {
    model.silent = new Set(['ns1', 'ns2']);
    const seen = await status();
    expect(seen.problems).toEqual([]);
    expect(statusLines([seen])[1]).toMatch(/, DNS does not tell \(ns1: no answer in time; ns2: no answer in time\)$/);
  });

  it('is a problem where its file is lost, with the way out', async () => {
    model.lose(DOMAIN, 'active', true);
    expect((await status()).problems).toEqual([
      'mail: its file is lost. VPS2 has the key and goes on signing. Bring the file back from your own copy, or with `ee dkim recover` from VPS2; or replace the key: `ee dkim rotate --domain mail1.example.com`',
    ]);
  });
});
