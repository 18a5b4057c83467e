import { describe, expect, it } from 'vitest';
import { EeError } from '../../../src/lib/errors.js';
import { CATALOGUE, NUMBERED, PER_HOST, SETTING_NAMES } from '../../../src/lib/settings/catalogue.js';
import { parseSettings, problemsOf } from '../../../src/lib/settings/parse.js';
import { renderProblem } from '../../../src/lib/settings/problem.js';
import type { Settings } from '../../../src/lib/settings/settings.js';
import { validText } from './a-valid-file.js';

const FILE = '/srv/engine/.env.production';
const parse = (text: string): Settings => parseSettings(text, FILE, '/home/operator');
const problems = (text: string): string[] => problemsOf(text).map(renderProblem);

/** All that the settings say, secrets opened. */
function everything(settings: Settings): string {
  return JSON.stringify({ ...settings, opened: settings.secrets.map((secret) => secret.reveal()) });
}

describe('a valid file', () => {
  it('gives typed settings with their defaults', () => {
    const settings = parse(validText());
    expect(settings.hosts.vps2).toEqual({
      name: 'vps2',
      address: '198.51.100.10',
      user: 'root',
      port: 22,
      knownHosts: '/home/operator/.ssh/known_hosts',
    });
    expect(settings.sending).toEqual({
      baseDomain: 'example.com',
      identities: [
        { index: 1, ip: '198.51.100.11', domain: 'mail1.example.com', sender: 'contact@mail1.example.com' },
        { index: 2, ip: '198.51.100.12', domain: 'mail2.example.com', sender: 'support@mail2.example.com' },
      ],
      postmaster: 'postmaster@example.com',
    });
    expect(settings.mailwizz.database).toMatchObject({ name: 'mailwizz_v2', user: 'mailwizz' });
    expect(settings.tls).toEqual({
      acmeEmail: 'postmaster@example.com',
      acmeDirectoryUrl: 'https://acme-v02.api.letsencrypt.org/directory',
    });
    expect(settings.secrets).toHaveLength(8);
  });

  it('gives the eleventh identity the first prefix again', () => {
    const { identities } = parse(validText({ SENDING_IPS: '198.51.100.1-198.51.100.12' })).sending;
    expect(identities.map(({ sender }) => sender.split('@')[0])).toEqual([
      ...['contact', 'support', 'hello', 'info', 'noreply', 'team', 'help', 'service', 'admin', 'sales'],
      ...['contact', 'support'],
    ]);
  });

  it('takes IP1…IPn instead of SENDING_IPS', () => {
    const text = validText({
      SENDING_IPS: undefined,
      IP2: '198.51.100.9',
      IP1: '198.51.100.8',
      DOMAIN2: 'news.example.org',
    });
    expect(parse(text).sending.identities).toEqual([
      { index: 1, ip: '198.51.100.8', domain: 'mail1.example.com', sender: 'contact@mail1.example.com' },
      { index: 2, ip: '198.51.100.9', domain: 'news.example.org', sender: 'support@news.example.org' },
    ]);
  });

  it('lets one host have its own SSH settings', () => {
    const { hosts } = parse(validText({ SSH_USER: 'deploy', VPS2_SSH_USER: 'root', VPS2_SSH_PORT: '2200' }));
    expect([hosts.vps1.user, hosts.vps2.user, hosts.vps3.user]).toEqual(['deploy', 'root', 'deploy']);
    expect([hosts.vps1.port, hosts.vps2.port]).toEqual([22, 2200]);
  });

  it('[R6] resolves ~ against the home folder and relative paths against the folder of the file', () => {
    const settings = parse(
      validText({
        SSH_KEY: '~/.ssh/id_ee',
        BACKUP_DIR: '../sets/feb',
        SECRETS_DIR: 'private',
        PMTA_PACKAGE: '/opt/p.deb',
      }),
    );
    expect(settings.hosts.vps1.keyFile).toBe('/home/operator/.ssh/id_ee');
    expect(settings.backup.dir).toBe('/srv/sets/feb');
    expect(settings.secretsDir).toBe('/srv/engine/private');
    expect(settings.pmta.package).toBe('/opt/p.deb');
  });

  it('[R10] gives every name of the catalogue an effect on the settings', () => {
    const base: Record<string, string> = { TELEGRAM_BOT_TOKEN: '1:aaaaaaaaaaaaaaaaaaaaaaaa', TELEGRAM_CHAT_ID: '-1' };
    const other: Record<string, string> = {
      VPS1_IP: '192.0.2.77',
      VPS2_IP: '192.0.2.78',
      VPS3_IP: '192.0.2.79',
      BASE_DOMAIN: 'example.org',
      SENDING_IPS: '198.51.100.40/30',
      PANEL_DOMAIN: 'admin.example.org',
      ENGINE_DOMAIN: 'engine.example.org',
      MAILWIZZ_ADMIN_EMAIL: 'boss@example.org',
      POSTMASTER: 'mail@example.org',
      DOMAIN1: 'news.example.org',
      SENDER1: 'office@mail1.example.com',
    };
    const names = [
      ...SETTING_NAMES,
      ...['DOMAIN1', 'SENDER1'],
      ...PER_HOST.flatMap((name) => ['VPS1', 'VPS2', 'VPS3'].map((host) => `${host}_${name}`)),
    ];
    const before = everything(parse(validText(base)));
    for (const name of names) {
      const example = CATALOGUE[name.replace(/^VPS\d_(?=SSH)/, '') as keyof typeof CATALOGUE]?.example ?? '';
      const value = other[name] ?? (example.length === 32 ? 'anotherSecretOfThirtyTwoLetters1' : example);
      expect([name, everything(parse(validText({ ...base, [name]: value }))) === before]).toEqual([name, false]);
    }
    expect(Object.keys(NUMBERED)).toEqual(['IP', 'DOMAIN', 'SENDER']);
  });
});

describe('an invalid file', () => {
  it('[R4] has the syntax of every address, name, e-mail and port checked', () => {
    expect(
      problems(
        validText({
          VPS1_IP: '192.0.2.300',
          VPS3_IP: '2001:db8::zz',
          SENDING_IPS: '2001:db8::1',
          BASE_DOMAIN: 'example',
          PANEL_DOMAIN: 'https://panel.example.com',
          MAILWIZZ_ADMIN_EMAIL: 'admin at example.com',
          SSH_PORT: '65536',
          PMTA_SMTP_PORT: '0',
          ADMIN_IPS: '203.0.113.0/33',
        }),
      ).map((problem) => problem.split(' —')[0]),
    ).toEqual([
      'line 1: VPS1_IP: is not an IPv4 or IPv6 address',
      'line 3: VPS3_IP: is not an IPv4 or IPv6 address',
      'line 4: BASE_DOMAIN: is not a full domain name',
      'line 6: PANEL_DOMAIN: is not a full domain name',
      'line 8: MAILWIZZ_ADMIN_EMAIL: is not an e-mail address',
      'line 16: SENDING_IPS: has 2001:db8::1, which is not an IPv4 address, range or network',
      'line 17: SSH_PORT: is not a port number',
      'line 18: PMTA_SMTP_PORT: is not a port number',
      'line 19: ADMIN_IPS: has 203.0.113.0/33, which is neither an address nor a range',
    ]);
  });

  it.each(['22', '25', '80', '443'])('keeps the submission off port %s, which has another use', (port) => {
    expect(problems(validText({ PMTA_SMTP_PORT: port }))).toEqual([
      expect.stringMatching(/^line \d+: PMTA_SMTP_PORT: is a port with another use .* — use 2525 or 587$/),
    ]);
    expect(parse(validText({ PMTA_SMTP_PORT: '587' })).pmta.smtpPort).toBe(587);
  });

  it.each([
    '010.0.0.0/8',
    '0x0a/8',
    '0x0a.0.0.0/8',
    '10/8',
    '10.0/16',
    '10.0.0.0/08',
    '10.0.0.0/0x8',
    '10.0.0.0/33',
    '2001:db8::/129',
    'fe80::1%eth0/64',
    '10.0.0.0/8/8',
    '010.0.0.1',
  ])('refuses %s in ADMIN_IPS, which the firewall would read as something else or not at all', (item) => {
    expect(problems(validText({ ADMIN_IPS: item }))).toEqual([
      expect.stringMatching(/^line \d+: ADMIN_IPS: has \S+, which is neither an address nor a range/),
    ]);
  });

  it('takes addresses and ranges in ADMIN_IPS', () => {
    const text = '203.0.113.7 10.0.0.0/8, 2001:db8::/48 192.0.2.1/32 2001:db8::7/128';
    expect(problems(validText({ ADMIN_IPS: text }))).toEqual([]);
  });

  it('takes name servers in DNS_RESOLVERS, with a port after an IPv4 address', () => {
    expect(parse(validText()).dns.resolvers).toEqual([]);
    expect(parse(validText({ DNS_RESOLVERS: '9.9.9.9 127.0.0.1:5353, 2620:fe::fe' })).dns.resolvers).toEqual([
      '9.9.9.9',
      '127.0.0.1:5353',
      '2620:fe::fe',
    ]);
  });

  it.each(['dns.example.com', '9.9.9', '9.9.9.9:0', '9.9.9.9:65536', '9.9.9.9:'])(
    'refuses %s in DNS_RESOLVERS',
    (item) => {
      expect(problems(validText({ DNS_RESOLVERS: item }))).toEqual([
        expect.stringMatching(/^line \d+: DNS_RESOLVERS: has \S+, which is not the address of a name server/),
      ]);
    },
  );

  it('asks the usual blocklists unless others, or none, are named', () => {
    expect(parse(validText()).dns).toMatchObject({
      ipBlocklists: ['zen.spamhaus.org', 'bl.spamcop.net'],
      nameBlocklists: ['dbl.spamhaus.org'],
    });
    const text = validText({ IP_BLOCKLISTS: 'key.zen.dq.spamhaus.net', NAME_BLOCKLISTS: 'none' });
    expect(parse(text).dns).toMatchObject({ ipBlocklists: ['key.zen.dq.spamhaus.net'], nameBlocklists: [] });
    expect(problems(validText({ IP_BLOCKLISTS: '192.0.2.1' }))).toEqual([
      expect.stringMatching(/^line \d+: IP_BLOCKLISTS: has 192\.0\.2\.1, which is not the zone of a blocklist/),
    ]);
  });

  it('takes lines that may be lost one by one and as ranges, also of included files', () => {
    expect(
      parse(validText({ PMTA_DROP: '85-87, 120 isps/gmail.conf:3-4,86', PMTA_LIKE: 'pmta-vmta0' })).pmta,
    ).toMatchObject({
      drop: ['85', '86', '87', '120', 'isps/gmail.conf:3', 'isps/gmail.conf:4'],
      like: 'pmta-vmta0',
    });
    expect(parse(validText()).pmta).not.toHaveProperty('drop');
    expect(problems(validText({ PMTA_LIKE: 'a b' }))).toEqual([
      expect.stringMatching(/^line \d+: PMTA_LIKE: is not the name of a virtual MTA/),
    ]);
  });

  it.each(['0', '9-8', 'x', '1-', '3:', '1-9999999'])('refuses %s in PMTA_DROP', (item) => {
    expect(problems(validText({ PMTA_DROP: item }))).toEqual([
      expect.stringMatching(/^line \d+: PMTA_DROP: has \S+, which is not a line/),
    ]);
  });

  it('[R82] refuses a POSTMASTER at a sending host, which would pass mail on to itself for ever', () => {
    expect(problems(validText({ POSTMASTER: 'ops@mail1.example.com' }))).toEqual([
      expect.stringMatching(
        /^line \d+: POSTMASTER: is at mail1\.example\.com, where VPS2 takes bounces and complaints only/,
      ),
    ]);
    expect(problems(validText({ DOMAIN1: 'example.com' }))).toEqual([
      expect.stringMatching(/POSTMASTER: is at example\.com, where VPS2 takes bounces/),
    ]);
    expect(problems(validText({ DOMAIN1: 'example.com', POSTMASTER: 'ops@example.net' }))).toEqual([]);
  });

  it('[R4] takes IPv6 for a host', () => {
    expect(parse(validText({ VPS1_IP: '2001:db8::10' })).hosts.vps1.address).toBe('2001:db8::10');
  });

  it('[R5] has addresses, domains and senders that repeat refused', () => {
    expect(
      problems(
        validText({
          VPS3_IP: '192.0.2.10',
          SENDING_IPS: '198.51.100.11,198.51.100.12,198.51.100.11,192.0.2.10',
          ENGINE_DOMAIN: 'PANEL.example.com',
          DOMAIN2: 'mail1.example.com',
          SENDER2: 'contact@mail1.example.com',
        }),
      ),
    ).toEqual([
      'line 3: VPS3_IP: repeats VPS1_IP (line 1): 192.0.2.10 — each needs its own',
      'line 10: ENGINE_DOMAIN: repeats PANEL_DOMAIN (line 6): panel.example.com — each needs its own',
      'line 16: IP3: repeats IP1: 198.51.100.11 — each needs its own',
      'line 16: IP4: repeats VPS1_IP (line 1): 192.0.2.10 — each needs its own',
      'line 17: DOMAIN2: repeats DOMAIN1 (line 4): mail1.example.com — each needs its own',
      'line 18: SENDER2: repeats SENDER1: contact@mail1.example.com — each needs its own',
    ]);
  });

  it('lets VPS2 send from its own address', () => {
    expect(problems(validText({ SENDING_IPS: '198.51.100.10' }))).toEqual([]);
  });

  it('wants a sender at the domain of its own number', () => {
    expect(problems(validText({ SENDER2: 'office@mail1.example.com' }))).toEqual([
      'line 17: SENDER2: is not at the sending domain of IP 2 — write an address at mail2.example.com, or change DOMAIN2',
    ]);
  });

  it('[R9] reports what is missing, and tells unknown names by what they were meant to be', () => {
    expect(
      problems(validText({ VPS1_IP: undefined, BASE_DOMAIN: '', VPS1_ADDRESS: '192.0.2.1', VSP1_IP: '192.0.2.1' })),
    ).toEqual([
      'line 3: BASE_DOMAIN: is empty and required — domain above the sending domains, like example.com',
      'line 16: VPS1_ADDRESS: is not a setting of ee — remove it',
      'line 17: VSP1_IP: is not a setting of ee — did you mean VPS1_IP?',
      'VPS1_IP: is missing and required — address of VPS1 (MailWizz), like 192.0.2.10',
    ]);
  });

  it('[R10] refuses a setting that would have no effect', () => {
    expect(
      problems(validText({ DOMAIN3: 'mail3.example.com', IP1: '198.51.100.11', TELEGRAM_CHAT_ID: '-100' })),
    ).toEqual([
      'line 17: DOMAIN3: has no sending IP: there are 2 — add the address number 3, or remove the line',
      'line 18: IP1: is set beside SENDING_IPS — keep one of the two ways',
      'line 19: TELEGRAM_CHAT_ID: has no effect without TELEGRAM_BOT_TOKEN — set both or neither',
    ]);
  });

  it('has its sending addresses numbered without gaps', () => {
    expect(problems(validText({ SENDING_IPS: undefined, IP1: '198.51.100.11', IP3: '198.51.100.13' }))).toEqual([
      'line 17: IP3: comes without IP2 — number the addresses from 1 without gaps',
    ]);
    expect(problems(validText({ SENDING_IPS: undefined }))).toEqual([
      'SENDING_IPS: is missing and required — the sending IPv4 addresses of VPS2, like 198.51.100.11-198.51.100.15',
    ]);
  });

  it('[R11] refuses secrets with characters that need escaping, and short ones, without showing them', () => {
    for (const value of [
      "'Abcdefghijklmnop#1'",
      'Abcdefghijklmnop/1',
      'Abcdefghijklmnop+1',
      'Abcdefghijklmnop=',
      'Abcdefghijk lmnop',
      'Abcdefghijklmnop$1',
    ]) {
      const [problem = '', ...more] = problems(validText({ REDIS_PASSWORD: value }));
      expect(more).toEqual([]);
      expect(problem).toContain('REDIS_PASSWORD: has characters that would need escaping');
      expect(problem).not.toContain('bcdefghij');
    }
    expect(problems(validText({ REDIS_PASSWORD: 'short' }))[0]).toContain('is too short');
  });

  it('keeps names that become SQL, PHP and SMTP syntax to safe characters', () => {
    const found = problems(
      validText({
        MAILWIZZ_DB_NAME: 'mail`; DROP',
        MAILWIZZ_DB_USER: "o'x",
        PMTA_SMTP_USER: 'a b',
        SSH_USER: 'root;id',
        MAILWIZZ_SITE_NAME: 'My MailWizz',
        MAILWIZZ_ADMIN_LAST_NAME: 'Zoë',
      }),
    );
    expect(found.map((problem) => problem.split(': ')[1])).toEqual([
      'MAILWIZZ_DB_NAME',
      'MAILWIZZ_DB_USER',
      'PMTA_SMTP_USER',
      'SSH_USER',
      'MAILWIZZ_SITE_NAME',
      'MAILWIZZ_ADMIN_LAST_NAME',
    ]);
  });

  it.each([
    ['MAILWIZZ_DB_USER', 'root'],
    ['MAILWIZZ_DB_USER', 'mysql'],
    ['MAILWIZZ_DB_NAME', 'mysql'],
    ['MAILWIZZ_DB_NAME', 'information_schema'],
  ])('leaves what the database server has of its own alone: %s=%s', (name, value) => {
    const [problem = '', ...more] = problems(validText({ [name]: value }));
    expect(more).toEqual([]);
    expect(problem).toContain(`${name}: is a ${name.endsWith('USER') ? 'user' : 'database'} of the server itself`);
  });

  it('is refused with all problems at once', () => {
    try {
      parse('VPS1_IP=1\nFOO=1\n');
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof EeError)) throw error;
      expect([error.code, error.exit]).toEqual(['SETTINGS_INVALID', 2]);
      expect(error.message.split('\n').length).toBeGreaterThan(10);
      expect(error.message).toContain('line 2: FOO: is not a setting of ee');
    }
  });
});
