import { describe, expect, it } from 'vitest';
import { readRecord } from '../../src/accounting/record.js';

const ID = 'a'.repeat(64);
const FIELDS = { type: 'b', timeLogged: '2026-11-24 09:15:00+0100', rcpt: 'Someone@Example.ORG' };
const read = (fields: Record<string, string>) => readRecord({ id: ID, fields: { ...FIELDS, ...fields } });

describe('an accounting record', () => {
  it('has what is asked for in fields of its own, and everything as it came', () => {
    const fields = {
      orig: 'contact@mail1.example.com',
      dsnAction: 'failed',
      dsnStatus: '5.1.1 (bad destination mailbox address)',
      bounceCat: 'bad-mailbox',
      dlvSourceIp: '192.0.2.11',
      vmta: 'vmta-mail1',
      jobId: 'job',
      envId: 'env',
      'header_Message-Id': '<1@mail1.example.com>',
      dsnDiag: 'smtp;550 5.1.1 no such user',
    };
    expect(read(fields)).toEqual({
      id: ID,
      type: 'b',
      time: '2026-11-24T08:15:00.000Z',
      vmta: 'vmta-mail1',
      job: 'job',
      envelope: 'env',
      sender: 'contact@mail1.example.com',
      recipient: 'someone@example.org',
      dsnAction: 'failed',
      dsnStatus: '5.1.1',
      bounceCategory: 'bad-mailbox',
      sourceIp: '192.0.2.11',
      messageId: '<1@mail1.example.com>',
      raw: { ...FIELDS, ...fields },
    });
  });

  it.each([
    ['1795508100', '2026-11-24T08:15:00.000Z'],
    ['2026-11-24 08:15:00+0000', '2026-11-24T08:15:00.000Z'],
    ['2026-11-24 03:15:00-05:00', '2026-11-24T08:15:00.000Z'],
  ])('was logged at %s', (timeLogged, time) => {
    expect(read({ timeLogged })).toMatchObject({ time });
  });

  it('is refused without a time, or with a type that PowerMTA does not have', () => {
    for (const timeLogged of ['', 'yesterday', '2026-11-24 08:15:00', '2026-13-45 99:00:00+0000', '17']) {
      expect(read({ timeLogged })).toBe(`its timeLogged is ${JSON.stringify(timeLogged)}, which is no time`);
    }
    expect(read({ type: 'all' })).toBe(`its type is "all", which is none of PowerMTA's`);
  });

  it('keeps nothing that PostgreSQL cannot', () => {
    expect(read({ dsnDiag: 'a\0b\ud800c😀', dlvSourceIp: 'not an address' })).toMatchObject({
      sourceIp: null,
      raw: { dsnDiag: 'a\ufffdb\ufffdc😀' },
    });
  });
});
