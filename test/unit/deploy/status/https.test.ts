import { describe, expect, it } from 'vitest';
import { httpsProofs } from '../../../../src/lib/deploy/status/https.js';
import { Answers } from '../../../../src/lib/deploy/status/proof.js';
import { settingsWith } from '../../../support/role-inputs.js';

const settings = settingsWith({ ACME_DIRECTORY_URL: 'https://acme.example.com/directory' });
const panel = { host: 'vps1', domain: 'panel.example.com' } as const;
const proofs = (lines: readonly string[]) => httpsProofs(new Answers(lines.join('\n')), settings, panel);
const at = (date: string): string => `certificate\tnow ${Date.parse(date) / 1000}`;

const selfSigned = ['shown:end\tNov 27 12:00:00 2027 GMT', 'certificate\tserved /etc/ssl/ee/own'];
const certified = [
  'shown:end\tFeb 25 12:00:00 2027 GMT',
  'shown:issuer\tR11',
  at('2026-12-01T00:00:00Z'),
  'certificate\tserved /etc/letsencrypt/live/panel.example.com',
  'certificate\tinsists',
  'certificate\trenewal https://acme.example.com/directory panel.example.com',
  'certificate\tserver https://acme.example.com/directory',
  'certificate\tnotBefore=Nov 27 12:00:00 2026 GMT',
  'certificate\tnotAfter=Feb 25 12:00:00 2027 GMT',
  'certificate\t    DNS:panel.example.com',
  'certificate\tpair',
  'certificate\ttrusted',
  'timer\tactive',
  'renewed\tMon 2026-11-30 12:00:00 UTC',
  'renewal\tsuccess',
  'hook\tyes',
];
const instead = (start: string, by?: string): string[] =>
  certified.flatMap((line) => (line.startsWith(start) ? (by === undefined ? [] : [by]) : [line]));

describe('what a web host says of its certificate', () => {
  it('names the next step while it is self-signed', () => {
    const seen =
      'self-signed, a browser warns; ends on 2027-11-27; once DNS leads panel.example.com here, `ee deploy vps1` asks for one';
    expect(proofs([...selfSigned, at('2026-12-01T00:00:00Z')])).toEqual([{ what: 'certificate', seen, ok: true }]);
    expect(proofs([...selfSigned, at('2027-11-20T00:00:00Z')])[0]?.ok).toBe(false);
    expect(proofs([])).toEqual([{ what: 'certificate', seen: 'none is shown', ok: false }]);
  });

  it('[R51] tells who gave it, until when, and when its renewal was last looked at', () => {
    expect(proofs(certified)).toEqual([
      { what: 'certificate', seen: 'of R11; ends on 2027-02-25', ok: true },
      { what: 'renewal', seen: 'was tried out; certbot.timer last ran Mon 2026-11-30 12:00:00 UTC', ok: true },
    ]);
    expect(proofs(instead('renewed', 'renewed\t'))[1]?.seen).toBe('was tried out; certbot.timer has not run yet');
  });

  it.each([
    ['certificate\tnow', at('2027-02-10T00:00:00Z'), 'certificate: of R11; ends on 2027-02-25'],
    [
      'certificate\tserved',
      'certificate\tserved /etc/ssl/ee/own',
      'certificate: self-signed, a browser warns; ends on 2027-02-25; once DNS leads panel.example.com here, `ee deploy vps1` asks for one; that of the authority is not shown: `ee deploy vps1`',
    ],
    ['certificate\trenewal', undefined, 'renewal: it was not tried out: `ee deploy vps1`'],
    ['timer', 'timer\tinactive', 'renewal: certbot.timer does not run: `ee deploy vps1`'],
    ['renewal', 'renewal\texit-code', 'renewal: the last one failed: `journalctl -u certbot` on the host'],
    ['hook', undefined, 'renewal: nginx is not told of it: `ee deploy vps1`'],
  ])('[R51] is wrong with another %s', (start, by, problem) => {
    const wrong = proofs(instead(start, by)).filter(({ ok }) => !ok);
    expect(wrong.map(({ what, seen }) => `${what}: ${seen}`)).toEqual([problem]);
  });
});
