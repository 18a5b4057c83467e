import { describe, expect, it } from 'vitest';
import { readRecord } from '../../src/accounting/record.js';
import { consequenceOf } from '../../src/accounting/suppression.js';

function consequence(fields: Record<string, string>) {
  const base = { type: 'b', timeLogged: '1795508100', rcpt: 'someone@example.org', dsnAction: 'failed' };
  const record = readRecord({ id: 'a'.repeat(64), fields: { ...base, ...fields } });
  if (typeof record === 'string') throw new Error(record);
  return consequenceOf(record);
}

describe('what follows from an accounting record', () => {
  it.each(['bad-mailbox', 'inactive-mailbox', 'bad-domain', 'invalid-mailbox'])(
    'is never to write again after %s',
    (bounceCat) => {
      for (const type of ['b', 'rb']) {
        expect(consequence({ type, bounceCat, dsnStatus: '5.1.1 (bad)' })).toEqual({
          kind: 'forever',
          reason: 'bounce',
        });
      }
    },
  );

  it('is never to write again after a complaint', () => {
    expect(consequence({ type: 'f' })).toEqual({ kind: 'forever', reason: 'complaint' });
  });

  it.each([
    ['quota-issues', 3],
    ['no-answer-from-host', 3],
    ['routing-errors', 4],
    ['relaying-issues', 4],
  ])('is a pause after several %s', (bounceCat, threshold) => {
    expect(consequence({ bounceCat })).toMatchObject({ kind: 'pause', threshold });
  });

  it.each(
    'spam-related virus-related content-related policy-related protocol-errors bad-configuration bad-connection message-expired invalid-sender other success hardbnc'.split(
      ' ',
    ),
  )('is nothing for the recipient after %s', (bounceCat) => {
    expect(consequence({ bounceCat, dsnStatus: '5.0.0' })).toBeUndefined();
  });

  it.each([
    ['a delivery', { type: 'd', bounceCat: 'bad-mailbox' }],
    ['a try that will be repeated', { type: 't', bounceCat: 'bad-mailbox' }],
    ['a status about the sender', { bounceCat: 'bad-mailbox', dsnStatus: '5.7.1 (refused)' }],
    ['a status that may pass', { bounceCat: 'bad-mailbox', dsnStatus: '4.2.1' }],
    ['a delay', { bounceCat: 'bad-mailbox', dsnAction: 'delayed' }],
    ['a probe that nobody took', { rcpt: 'probe-1@ee-probe.invalid', bounceCat: 'no-answer-from-host' }],
    ['a probe that bounced', { rcpt: 'probe-1@EE-PROBE.invalid', bounceCat: 'bad-domain', dsnStatus: '5.1.2' }],
    ['a complaint about nobody', { type: 'f', rcpt: '' }],
  ])('is nothing after %s', (_what, fields) => {
    expect(consequence(fields)).toBeUndefined();
  });
});
