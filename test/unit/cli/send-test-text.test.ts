import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { sentTestLines } from '../../../src/lib/cli/send-test-text.js';
import type { SentTest } from '../../../src/lib/deploy/send-test/send-test.js';

const identity = (index: number) => ({
  index,
  ip: `192.0.2.${index}`,
  domain: `mail${index}.example.com`,
  sender: `contact@mail${index}.example.com`,
});
const signed = (index: number): SentTest['left'] => {
  const { ip, domain } = identity(index);
  return { kind: 'signed', selector: 's202611', domain, ip, helo: domain };
};
const record = (kind: 'delivered' | 'bounced', answer: string, category = '') => ({
  kind,
  messageId: '<1@mail1.example.com>',
  recipient: 'you@example.net',
  answer,
  status: '',
  server: 'mx.example.net',
  category,
  ip: '192.0.2.1',
  virtualMta: 'vmta-mail1',
});

it('a test of the senders is told sender by sender, and then in one line', () => {
  const outcomes: Pick<SentTest, 'left' | 'delivery'>[] = [
    { left: signed(1), delivery: { kind: 'delivered', record: record('delivered', '250 2.0.0 OK') } },
    { left: signed(2), delivery: { kind: 'bounced', record: record('bounced', '550 5.7.1 no', 'policy-related') } },
    {
      left: { kind: 'failed', reason: 'it should come from 192.0.2.3, and came from 192.0.2.1' },
      delivery: { kind: 'waiting', reason: '451 4.7.1 later' },
    },
    { left: { kind: 'failed', reason: 'PowerMTA refuses the message: 550 no' }, delivery: { kind: 'not-sent' } },
  ];
  const sent = outcomes.map((one, at) => ({ identity: identity(at + 1), messageId: `<${at}@example.com>`, ...one }));
  expect(sentTestLines('you@example.net', sent).map(stripVTControlCharacters)).toEqual([
    '',
    '1  contact@mail1.example.com',
    '   ✔ left from 192.0.2.1 as mail1.example.com, signed by mail1.example.com with the selector s202611; DNS agrees',
    '   ✔ delivered: mx.example.net said 250 2.0.0 OK',
    '',
    '2  contact@mail2.example.com',
    '   ✔ left from 192.0.2.2 as mail2.example.com, signed by mail2.example.com with the selector s202611; DNS agrees',
    '   ✖ bounced (policy-related): mx.example.net said 550 5.7.1 no',
    '',
    '3  contact@mail3.example.com',
    '   ✖ it should come from 192.0.2.3, and came from 192.0.2.1',
    '   ⚠ still queued: 451 4.7.1 later',
    '',
    '4  contact@mail4.example.com',
    '   ✖ PowerMTA refuses the message: 550 no',
    '',
    '1 of 4 delivered to you@example.net, 1 bounced, 1 still queued, 1 not sent, 2 proven.',
  ]);
});

it('a message that was discarded is not told as delivered', () => {
  const discarded = { ...record('delivered', '250 2.0.0 [internal] discarded'), kind: 'discarded' as const };
  const one: SentTest = {
    identity: identity(1),
    messageId: '<1@example.com>',
    left: signed(1),
    delivery: { kind: 'discarded', record: { ...discarded, virtualMta: 'discard-mta' } },
  };
  expect(sentTestLines('you@example.net', [one]).map(stripVTControlCharacters).slice(-3)).toEqual([
    '   ✖ discarded by discard-mta, as its configuration says: nothing was sent',
    '',
    '0 of 1 delivered to you@example.net, 1 discarded, 1 proven.',
  ]);
});
