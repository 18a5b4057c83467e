import { describe, expect, it } from 'vitest';
import type { ReceivedMessage, Rule } from '../../../src/lib/lab/world/mailbox-types.js';
import { showMessages, showReport, showRule } from '../../../src/lib/lab/world/present.js';

const signature = { domain: 'mail1.lab.example', selector: 'mail', reason: '' };
const message: ReceivedMessage = {
  id: '1795504921793211',
  provider: 'gmail.com',
  receivedAt: '2026-11-24T07:22:01.793Z',
  client: '10.77.0.101',
  helo: 'mail1.lab.example',
  tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
  envelope: { from: 'contact@mail1.lab.example', to: ['ann@gmail.com'] },
  verdicts: {
    spf: { result: 'pass', domain: 'mail1.lab.example', reason: '' },
    dkim: [{ ...signature, result: 'pass' }],
    dmarc: { result: 'pass', domain: 'mail1.lab.example', policy: 'none', spfAligned: true, dkimAligned: true },
    reverse: { result: 'pass', names: ['mail1.lab.example'] },
    helo: { result: 'pass', name: 'mail1.lab.example' },
  },
  size: 121,
  headers: { from: null, to: null, subject: null, messageId: null },
};

describe('the table of messages', () => {
  it('has a line for each, with its verdicts under their headings', () => {
    expect(showMessages([message]).split('\n')).toEqual([
      'ID                received             from                       to             client       tls      spf   dkim  dmarc  ptr   helo',
      '1795504921793211  2026-11-24 07:22:01  contact@mail1.lab.example  ann@gmail.com  10.77.0.101  TLSv1.3  pass  pass  pass   pass  pass',
    ]);
  });

  it('shows a bounce, no TLS, no signature, and signatures that disagree', () => {
    const verdicts = { ...message.verdicts, dkim: [] };
    const bounce = { ...message, tls: null, verdicts, envelope: { from: '', to: ['ann@gmail.com'] } };
    expect(showMessages([bounce])).toMatch(/07:22:01 {2}<> .* none {2}pass {2}none {2}pass/);
    const two = [
      { ...signature, result: 'pass' as const },
      { ...signature, result: 'permerror' as const },
    ];
    expect(showMessages([{ ...message, verdicts: { ...verdicts, dkim: two } }])).toContain('pass+permerror');
  });
});

describe('a rule in a sentence', () => {
  const rule: Rule = {
    scope: 'gmail.com',
    at: 'rcpt',
    answer: null,
    drop: false,
    refuse_tls: false,
    delay: 0,
    after: 0,
    times: null,
  };

  it('says what the provider does, when and how long', () => {
    expect(showRule({ ...rule, answer: '421 4.7.0 slow down', at: 'connect', times: 3 })).toBe(
      'gmail.com: answers "421 4.7.0 slow down" at connect, 3 times.',
    );
    expect(showRule({ ...rule, drop: true, delay: 2, after: 5, times: 1 })).toBe(
      'gmail.com: drops the connection at rcpt, after 2 s, after 5 that pass, once.',
    );
    expect(showRule({ ...rule, delay: 20 })).toBe('gmail.com: waits 20 s at rcpt, until --normal.');
    expect(showRule({ ...rule, refuse_tls: true })).toBe('gmail.com: offers no STARTTLS, until --normal.');
  });
});

describe('a report that went back', () => {
  it('is told with who took it and the answer', () => {
    const sent = { message: '1', to: 'fbl@mail1.lab.example', host: 'mail1.lab.example', answer: '250 2.6.0 accepted' };
    expect(showReport('complaint', sent)).toBe(
      'The complaint went to fbl@mail1.lab.example: mail1.lab.example answered 250 2.6.0 accepted',
    );
  });
});
