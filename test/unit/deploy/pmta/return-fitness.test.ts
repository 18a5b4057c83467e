import { describe, expect, it } from 'vitest';
import { fitToReturn, submissionPorts } from '../../../../src/lib/deploy/pmta/return-fitness.js';
import { EeError } from '../../../../src/lib/errors.js';
import { withLogin } from '../../../../src/lib/pmta/adapt/access.js';
import { printText } from '../../../../src/lib/pmta/document.js';
import { parseText } from '../../../../src/lib/pmta/parse.js';
import { settingsWith } from '../../../support/role-inputs.js';

const settings = settingsWith();
const password = settings.pmta.smtpPassword.reveal();
const configuration = ({ port = 2525, user = settings.pmta.smtpUser, secret = password } = {}): string =>
  `smtp-listener 192.0.2.21:25
smtp-listener 192.0.2.21:${port}
smtp-listener 127.0.0.1:9025
<virtual-mta vmta-mail1>
  smtp-source-host 192.0.2.21 mail1.example.com
  domain-key old,mail1.example.com,/etc/pmta/dkim/mail1.old.pem
</virtual-mta>
<smtp-user ${user}>
  password ${secret}
  source {pmta-auth}
</smtp-user>
`;
const open = (port: number): string => {
  const from = { set: [settings.hosts.vps1.address, settings.hosts.vps3.address] };
  const match = (protocol: string, field: string, right: unknown) => ({
    match: { op: '==', left: { payload: { protocol, field } }, right },
  });
  const expr = [match('ip', 'saddr', from), match('tcp', 'dport', port), { accept: null }];
  return JSON.stringify({ nftables: [{ rule: { expr } }] });
};

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

function refusalOf(text: string, answer: string, withFirewall = false): Refusal | undefined {
  try {
    fitToReturn({ id: 'R1', document: parseText(text), settings, withFirewall }).diff(Buffer.from(answer));
  } catch (error) {
    if (error instanceof EeError) return { code: error.code, message: error.message, hint: error.hint };
    throw error;
  }
  return undefined;
}

describe('an earlier configuration that is to return', () => {
  it('returns where its keys, its port and its login are there', () => {
    expect(refusalOf(configuration(), `rules\n${open(2525)}\n`)).toBeUndefined();
  });

  it('asks about its keys by their paths, as data', () => {
    const quoted = "/etc/pmta/dkim/it's.pem";
    const document = parseText(configuration().replace('/etc/pmta/dkim/mail1.old.pem', quoted));
    const { probe } = fitToReturn({ id: 'R1', document, settings, withFirewall: false });
    expect(probe).toContain(`[ -f '/etc/pmta/dkim/it'\\''s.pem' ]`);
  });

  it('[R23] is refused where a DKIM key of it is gone', () => {
    const refusal = refusalOf(configuration(), `gone /etc/pmta/dkim/mail1.old.pem\nrules\n${open(2525)}\n`);
    expect(refusal?.code).toBe('ROLLBACK_KEY_GONE');
    expect(refusal?.message).toContain('/etc/pmta/dkim/mail1.old.pem');
    expect(refusal?.hint).toContain('`ee deploy vps2`');
  });

  it('[R23] is refused where the firewall closes its submission port, unless that is opened with it', () => {
    const text = configuration({ port: 2587 });
    const refusal = refusalOf(text, `rules\n${open(2525)}\n`);
    expect(refusal?.code).toBe('ROLLBACK_UNMATCHED');
    expect(refusal?.message).toContain('port 2587');
    expect(refusal?.hint).toContain('`ee rollback vps2 --to R1 --with-firewall`');
    expect(refusal?.hint).toContain('PMTA_SMTP_PORT');
    // After that deployment the command without --to means another configuration, which does not fit either.
    expect(refusal?.hint).toMatch(/`ee deploy all`, then `ee rollback vps2 --to R1`\.$/);
    expect(refusalOf(text, `rules\n${open(2525)}\n`, true)).toBeUndefined();
  });

  it.each([
    ['password', { secret: 'another' }, 'PMTA_SMTP_PASSWORD'],
    ['user', { user: 'somebody' }, 'PMTA_SMTP_USER'],
  ])('[R23] is refused with another %s than MailWizz and the API use', (_, changes, setting) => {
    const refusal = refusalOf(configuration(changes), `rules\n${open(2525)}\n`);
    expect(refusal?.code).toBe('ROLLBACK_UNMATCHED');
    expect(refusal?.hint).toContain('--with-login');
    expect(refusal?.hint).toContain(setting);
    expect(JSON.stringify(refusal)).not.toContain(password);
    expect(JSON.stringify(refusal)).not.toContain('another');
  });

  it('is given the login of the settings, and nothing else of it changes', () => {
    const other = withLogin(parseText(configuration({ secret: 'another' })), settings.pmta);
    expect(printText(other)).toBe(configuration());
  });

  it('hands over mail on every port but 25 and those of the loopback', () => {
    expect(submissionPorts(parseText(configuration({ port: 587 })))).toEqual([587]);
  });
});
