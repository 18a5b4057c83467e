import { describe, expect, it } from 'vitest';
import { adaptationPlan, assertPlan, type AdaptationPlan } from '../../../src/lib/pmta/adapt/plan.js';
import { Secret } from '../../../src/lib/secret.js';
import type { Settings } from '../../../src/lib/settings/settings.js';
import { planFor } from './two-ips.js';

const withFirst = (change: Partial<AdaptationPlan['identities'][number]>): Partial<AdaptationPlan> => ({
  identities: planFor(2).identities.map((identity, at) => (at === 0 ? { ...identity, ...change } : identity)),
});

/** Why a plan is refused: `name: reason`. */
function refusal(changes: Partial<AdaptationPlan>): string {
  try {
    assertPlan(planFor(2, changes));
    return 'accepted';
  } catch (error) {
    const { facts } = error as { facts: { name: string; reason: string } };
    return `${facts.name}: ${facts.reason}`;
  }
}

describe('a plan', () => {
  it('is accepted with ordinary values', () => {
    expect(refusal({})).toBe('accepted');
    expect(refusal({ smtpUser: 'relay@example.com', smtpPassword: new Secret('aZ09!$%&()*+,-./:;=?@[]^_{|}~') })).toBe(
      'accepted',
    );
    expect(refusal(withFirst({ ip: '2001:db8::11' }))).toBe('accepted');
  });

  it.each(['a#b', 'a b', 'a\tb', 'a"b', "a'b", 'a\\b', 'a<b', 'a>b', 'a\nb', 'a\rb', '', 'é', 'a\u00a0b'])(
    'is refused with a password or a user that PowerMTA would read otherwise: %j',
    (value) => {
      const reason = 'it must be printable characters without blanks, quotes, "#", "\\", "<" or ">"';
      expect(refusal({ smtpPassword: new Secret(value) })).toBe(`PMTA_SMTP_PASSWORD: ${reason}`);
      expect(refusal({ smtpUser: value })).toBe(`PMTA_SMTP_USER: ${reason}`);
    },
  );

  it.each([
    [withFirst({ domain: 'mail1' }), 'DOMAIN1: it must be a full host name'],
    [withFirst({ domain: 'a b.example.com' }), 'DOMAIN1: it must be a full host name'],
    [withFirst({ domain: 'a.example.com\n<source 0/0>' }), 'DOMAIN1: it must be a full host name'],
    [withFirst({ sender: 'contact' }), 'SENDER1: it must be one e-mail address'],
    [withFirst({ sender: 'a#b@mail1.example.com' }), 'SENDER1: it must be one e-mail address'],
    [withFirst({ selector: 'a,b' }), 'the selector of identity 1: it must be letters, digits and hyphens'],
    [withFirst({ ip: '192.0.2.300' }), 'IP1: "192.0.2.300" is not an IP address'],
    [withFirst({ ip: '192.0.2.2' }), 'identities: the IP 192.0.2.2 is given to two of them'],
    [withFirst({ domain: 'MAIL2.example.com' }), 'identities: the domain mail2.example.com is given to two of them'],
    [withFirst({ index: 2 }), 'identities: the index 2 is given to two of them'],
    [withFirst({ index: 0 }), 'the index of an identity: it must count from 1'],
    [{ identities: [] }, 'identities: there is none'],
    [{ feeders: ['vps1.example.com'] }, 'the address of a feeder: "vps1.example.com" is not an IP address'],
    [{ smtpPort: 0 }, 'PMTA_SMTP_PORT: it must be from 1 to 65535'],
    [{ postmaster: 'a@b.example c' }, 'POSTMASTER: it must be one e-mail address'],
    [{ hostName: 'a' }, 'the host name: it must be a full host name'],
    [{ keyDir: 'dkim' }, 'the folder of the keys: it must be an absolute path of letters, digits, ".", "_" and "-"'],
    [{ certificate: '/a b' }, 'the certificate: it must be an absolute path of letters, digits, ".", "_" and "-"'],
  ])('is refused with %j', (changes, reason) => {
    expect(refusal(changes)).toBe(reason);
  });

  it('comes from the settings, with one feeder where VPS1 and VPS3 are one, and VPS2 itself', () => {
    const { identities, smtpPassword } = planFor(2);
    const settings = {
      sending: {
        identities: identities.map(({ index, ip, domain, sender }) => ({ index, ip, domain, sender })),
        postmaster: 'postmaster@example.com',
      },
      hosts: {
        vps1: { address: '198.51.100.10' },
        vps2: { address: '198.51.100.20' },
        vps3: { address: '198.51.100.10' },
      },
      pmta: { smtpUser: 'relay', smtpPassword, smtpPort: 2525 },
    } as unknown as Settings;
    const feeders = ['198.51.100.10', '198.51.100.20', '192.0.2.1'];
    expect(adaptationPlan(settings, 'mail')).toEqual(planFor(2, { feeders, smtpPassword }));
  });
});
