import { describe, expect, it } from 'vitest';
import { withCodes } from '../../../../src/lib/dns/check/codes-document.js';
import { presentChecks } from '../../../../src/lib/dns/check/present.js';
import type { CheckResult } from '../../../../src/lib/dns/check/result.js';

const result = (more: Partial<CheckResult>): CheckResult => ({
  ...{ code: 'a', kind: 'a', host: 'mail1.example.com', name: 'mail1.example.com', type: 'A' },
  ...{ severity: 'required', verdict: 'ok', message: 'mail1.example.com leads to 192.0.2.11.', seen: [] },
  ...more,
});
const key = `v=DKIM1; k=rsa; p=${'A'.repeat(300)}`;
const line = `mail._domainkey.mail2.example.com. 3600 IN TXT "${key.slice(0, 255)}" "${key.slice(255)}"`;
const silent = (host: string): CheckResult =>
  result({
    ...{ code: 'name-server-silent', host, name: host, verdict: 'undetermined' },
    ...{ message: `ns2 does not say what ${host} is.`, cause: 'ns2.example.com (192.0.2.53): no answer in time' },
  });

describe('presentChecks', () => {
  const checks = [
    result({}),
    result({ code: 'ptr', kind: 'ptr' }),
    result({
      code: 'tls-rpt-missing',
      kind: 'tls-rpt',
      host: 'mail2.example.com',
      severity: 'recommended',
      verdict: 'missing',
      message: 'No TLS-RPT.',
    }),
    result({
      ...{ code: 'dkim-cut', kind: 'dkim', host: 'mail2.example.com', verdict: 'wrong', message: 'It was cut.' },
      fix: { name: 'mail._domainkey.mail2.example.com', type: 'TXT', value: key, line },
    }),
    ...['mail3', 'mail4', 'mail5', 'mail6'].map((host) => silent(`${host}.example.com`)),
  ] as const;
  const totals = { checks: 8, ok: 2, wrong: 1, missing: 1, undetermined: 4, failed: 5 };

  it('shows what is wrong first and with its record, what is unknown by its cause, and what is right in short', () => {
    expect(presentChecks({ checks, totals }, { verbose: false })).toEqual([
      'mail2.example.com',
      '  wrong: It was cut. [dkim-cut]',
      `    ${line}`,
      `    as one value: ${key}`,
      '  missing, recommended: No TLS-RPT. [tls-rpt-missing]',
      '',
      'Could not be determined',
      '  ns2.example.com (192.0.2.53): no answer in time: 4 checks, of mail3.example.com, mail4.example.com, mail5.example.com and 1 more [name-server-silent]',
      '',
      'Right',
      '  mail1.example.com: a, ptr',
      '',
      '8 checks: 2 right, 1 wrong, 1 missing, 4 undetermined. 5 that are required fail.',
    ]);
  });

  it('counts in the singular, and does not call a kind right of which another check is wrong', () => {
    const selector = (name: string, more: Partial<CheckResult>): CheckResult =>
      result({ code: 'dkim', kind: 'dkim', name: `${name}._domainkey.mail1.example.com`, type: 'TXT', ...more });
    const some = [
      result({}),
      selector('mail', {}),
      selector('s2', { code: 'dkim-unread', verdict: 'undetermined', message: 'It is not known.' }),
    ];
    const counts = { checks: 3, ok: 2, wrong: 0, missing: 0, undetermined: 1, failed: 1 };
    expect(presentChecks({ checks: some, totals: counts }, { verbose: false }).slice(-4)).toEqual([
      'Right',
      '  mail1.example.com: a, dkim (TXT mail._domainkey.mail1.example.com)',
      '',
      '3 checks: 2 right, 1 undetermined. 1 that is required fails.',
    ]);
    const one = { checks: 1, ok: 1, wrong: 0, missing: 0, undetermined: 0, failed: 0 };
    expect(presentChecks({ checks: [result({})], totals: one }, { verbose: false }).at(-1)).toBe(
      '1 check: 1 right. Nothing that is required fails.',
    );
  });

  it('lets no control character of a stranger’s record reach the terminal', () => {
    const lines = presentChecks(
      { checks: [result({ verdict: 'wrong', message: 'It says "\u001b[2J\u0007".' })], totals },
      { verbose: true },
    );
    expect(lines).toContain('  wrong: It says "\\x1b[2J\\x07". [a]');
  });
});

describe('docs/dns.md', () => {
  it('has no place for the codes without its marks', () => {
    expect(() => withCodes('# DNS')).toThrow('it has no place for the codes');
  });
});
