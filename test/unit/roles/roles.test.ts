import { describe, expect, it } from 'vitest';
import type { HostFacts } from '../../../src/lib/converge/host-facts.js';
import type { Stage } from '../../../src/lib/converge/resource.js';
import { wantedStages } from '../../../src/lib/deploy/wanted.js';
import { baselinePackages } from '../../../src/lib/roles/baseline.js';
import { mailwizzPackages, phpVersion } from '../../../src/lib/roles/mailwizz.js';
import { HOST_NAMES, type HostName } from '../../../src/lib/settings/settings.js';
import { factsOf, inputsFor, settingsWith, writtenFiles } from '../../support/role-inputs.js';

const settings = settingsWith();
const factsOn = (host: HostName): HostFacts =>
  factsOf(host, { network: { kind: 'networkd', file: '/etc/systemd/network/10-eth0.network' } });
const stagesOf = (host: HostName): Stage[] => wantedStages(host, settings, factsOn(host), inputsFor(settings));
const filesOf = (host: HostName): Map<string, string> => writtenFiles(stagesOf(host));
const resourcesOf = (host: HostName) => stagesOf(host).flatMap(({ resources }) => resources);
/** The script by which a resource is made where it is absent. */
const making = (host: HostName, id: string, absent = 'absent\n') =>
  resourcesOf(host)
    .find((resource) => resource.id === id)
    ?.diff(Buffer.from(absent));
const placeOf = (host: HostName, id: string): number => resourcesOf(host).findIndex((resource) => resource.id === id);

describe.each(HOST_NAMES)('what %s should be', (host) => {
  it('[R121] names every resource once', () => {
    const ids = resourcesOf(host).map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(15);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('is the same however often it is declared', () => {
    const describeAll = () => resourcesOf(host).map(({ id, probe }) => `${id}\n${probe}`);
    expect(describeAll()).toEqual(describeAll());
  });

  it('closes the firewall before its role brings a service', () => {
    const firewall = placeOf(host, 'file:/etc/nftables.conf');
    expect(firewall).toBeGreaterThan(0);
    for (const [at, { id }] of resourcesOf(host).entries()) {
      if (/^(service:(?!nftables)|packages:(?!baseline|half-installed)|package:|archive:|database:)/.test(id)) {
        expect(firewall, id).toBeLessThan(at);
      }
    }
  });

  it('[R21] has no secret in what a plan shows', () => {
    const secrets = [
      ...settings.secrets.map((secret) => secret.reveal()),
      'the key of the site',
      'key 1',
      'the password of the relay',
    ];
    for (const resource of resourcesOf(host)) {
      if (!/^(file|database):/.test(resource.id)) continue;
      const { summary, detail = '' } = resource.diff(Buffer.from('absent\n')) ?? { summary: '' };
      for (const secret of secrets) expect(`${summary}\n${detail}`, resource.id).not.toContain(secret);
    }
  });

  it('lets nobody in by a password, and tests the configuration of sshd before it is used', () => {
    const ssh = making(host, 'file:/etc/ssh/sshd_config.d/00-ee.conf');
    expect(ssh?.detail).toContain('+PasswordAuthentication no\n+KbdInteractiveAuthentication no\n');
    expect(ssh?.script).toMatch(/sshd -t[\s\S]*systemctl reload ssh/);
    expect(ssh?.revert).toBeDefined();
  });

  it('[R57] installs security updates by itself, and never reboots by itself', () => {
    const updates = filesOf(host).get('/etc/apt/apt.conf.d/52ee-unattended-upgrades');
    expect(updates).toContain('APT::Periodic::Unattended-Upgrade "1";\n');
    expect(updates).toContain('Unattended-Upgrade::Automatic-Reboot "false";\n');
  });
});

describe('the baseline', () => {
  it('has its own clock service on a machine, and none in a container', () => {
    expect(baselinePackages({ container: false })).toContain('systemd-timesyncd');
    expect(baselinePackages({ container: true })).not.toContain('systemd-timesyncd');
  });
});

describe('MailWizz on VPS1', () => {
  it.each([
    ['debian', '12', '8.2'],
    ['ubuntu', '22.04', '8.1'],
  ])('[R44] takes the PHP of %s %s: %s', (id, version, php) => {
    expect(phpVersion({ os: { id, version, codename: '', name: '' } })).toBe(php);
  });

  it('[R44] refuses a system whose PHP MailWizz does not run on', () => {
    const os = { id: 'debian', version: '13', codename: 'trixie', name: 'Debian GNU/Linux 13 (trixie)' };
    expect(() => phpVersion({ os })).toThrow(
      'vps1 runs Debian GNU/Linux 13 (trixie); MailWizz 2.2 needs PHP 8.1 or 8.2, which Debian 12 and Ubuntu 22.04 bring. Nothing was changed on it.',
    );
  });

  it('[R44] installs every extension, and asks PHP itself for each of them', () => {
    expect(mailwizzPackages('8.2')).toEqual([
      'nginx',
      'certbot',
      'mariadb-server',
      'cron',
      ...'fpm cli mysql mbstring xml curl zip gd intl imap tidy bcmath'.split(' ').map((name) => `php8.2-${name}`),
    ]);
    const script = making('vps1', 'file:/etc/php/8.2/fpm/conf.d/90-ee.ini')?.script ?? '';
    expect(script).toContain('have=$(php8.2 -m)');
    for (const extension of ['tidy', 'pcntl', 'imap', 'fileinfo', 'SimpleXML', 'pdo_mysql', 'intl']) {
      expect(/^for extension in (.*); do$/m.exec(script)?.[1]?.split(' ')).toContain(extension);
    }
  });

  it('[R45] has limits for imports and templates', () => {
    const ini = filesOf('vps1').get('/etc/php/8.2/fpm/conf.d/90-ee.ini');
    for (const line of [
      'memory_limit = 512M',
      'upload_max_filesize = 100M',
      'max_execution_time = 300',
      'opcache.enable = 1',
    ]) {
      expect(ini).toContain(`\n${line}\n`);
    }
  });

  it('[R53] runs exactly its eight console commands, as the web user, from one file that is written whole', () => {
    const text = filesOf('vps1').get('/etc/cron.d/mailwizz') ?? '';
    const jobs = text.split('\n').filter((line) => /^[*\d]/.test(line));
    const php = '/usr/bin/php8.2 -q /var/www/mailwizz/apps/console/console.php';
    const installed = '[ ! -f /var/www/mailwizz/apps/.installed-by-ee ] ||';
    expect(jobs).toEqual(
      [
        ['* * * * *', 'send-campaigns'],
        ['* * * * *', 'queue'],
        ['*/2 * * * *', 'send-transactional-emails'],
        ['*/3 * * * *', 'process-delivery-and-bounce-log'],
        ['*/10 * * * *', 'bounce-handler'],
        ['*/20 * * * *', 'feedback-loop-handler'],
        ['0 * * * *', 'hourly'],
        ['0 0 * * *', 'daily'],
      ].map(([schedule, command]) => `${schedule} mailwizz ${installed} ${php} ${command} >/dev/null 2>&1`),
    );
    // cron skips a file whose last line does not end.
    expect(text.endsWith('\n')).toBe(true);
  });

  it('[R49] [R52] shows nobody the wizard, the application’s code, or scripts among the uploads', () => {
    const site = filesOf('vps1').get('/etc/nginx/conf.d/mailwizz.conf') ?? '';
    expect(site).toMatch(/location \^~ \/install \{\n\s+allow 127\.0\.0\.1;\n\s+allow ::1;\n\s+deny all;/);
    expect(site).toContain('location ^~ /apps/   { return 403; }');
    expect(site).toContain('location ^~ /vendor/ { return 403; }');
    expect(site).toContain('location ~ /\\.(?!well-known) { return 404; }');
    expect(site).toContain('location ~* ^/frontend/assets/(files|gallery)/.*\\.ph(p|ar|tml)$ { return 403; }');
    expect(site).toContain('server_name "panel.example.com";');
  });

  it('[R47] sets the old credentials aside before a server can read them', () => {
    const archive = making('vps1', 'archive:/var/www/mailwizz', 'free\n');
    expect(archive?.script).toMatch(/set_aside 'apps\/common\/config\/main-custom\.php'[\s\S]*mv -T /);
    expect(placeOf('vps1', 'archive:/var/www/mailwizz')).toBeLessThan(placeOf('vps1', 'service:php8.2-fpm'));
  });

  it('is sent one file of the backup set, the application, and never the dump of the database', () => {
    const states: Record<string, string> = { 'archive:/var/www/mailwizz': 'free\n' };
    const sent = resourcesOf('vps1')
      .filter(({ id }) => /^(file|archive|database):/.test(id))
      .flatMap(({ id, diff }) => diff(Buffer.from(states[id] ?? 'absent\n'))?.uploads ?? []);
    expect(sent.map(({ source }) => source)).toEqual(['/srv/app.tar.gz']);
    expect(placeOf('vps1', 'database:mailwizz_v2')).toBeGreaterThan(placeOf('vps1', 'service:mariadb'));
  });
});

describe('PowerMTA on VPS2', () => {
  const owner = (path: string) =>
    /chown '(.*?)' \/proc\/self\/fd\/9\nchmod (\d+) /.exec(making('vps2', `file:${path}`)?.script ?? '');

  it('[R61] has the licence byte for byte, for root and the group of pmta', () => {
    expect(filesOf('vps2').get('/etc/pmta/license')).toBe('the licence\r\n');
    expect(owner('/etc/pmta/license')?.slice(1)).toEqual(['root:pmta', '0640']);
  });

  it('[R63] keeps keys in a folder 0750, each 0640, root:pmta, and reads each as the user pmta', () => {
    expect(making('vps2', 'directory:/etc/pmta/dkim')?.script).toContain("ee_own 'root:pmta' 0750 '/etc/pmta/dkim'");
    for (const index of [1, 2]) {
      expect(owner(`/etc/pmta/dkim/mail${index}.pem`)?.slice(1)).toEqual(['root:pmta', '0640']);
      expect(making('vps2', 'file:/etc/pmta/config')?.script).toContain(
        `runuser -u pmta -- test -r '/etc/pmta/dkim/mail${index}.pem' || `,
      );
    }
  });

  it('[R62] never replaces a key', () => {
    const key = resourcesOf('vps2').find(({ id }) => id === 'file:/etc/pmta/dkim/mail1.pem');
    expect(() => key?.diff(Buffer.from(`file 640 root:pmta\nsha256 ${'0'.repeat(64)}\n`))).toThrow(
      'it is the DKIM key of mail1.example.com, and DNS may name it',
    );
  });

  it('[R75] has its configuration judged by PowerMTA before it is in force, and taken back when refused', () => {
    const made = making('vps2', 'file:/etc/pmta/config');
    const script = made?.script ?? '';
    const order = [
      'runuser -u pmta -- test -r',
      'unshare -m',
      'mv -T "$s/begun" "$s/applying"',
      'mv -fT "$t" "$p"',
      'ee_test || ee_stop',
      'ee_reload || ee_stop',
    ];
    const places = order.map((text) => script.indexOf(text));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(made?.trial?.takeBack).toContain('ee_take_back');
  });

  it('[R74] has the sending addresses on the interface before PowerMTA is configured with them', () => {
    const drop = 'file:/etc/systemd/network/10-eth0.network.d/50-ee-sending.conf';
    expect(placeOf('vps2', drop)).toBeGreaterThan(0);
    expect(placeOf('vps2', drop)).toBeLessThan(placeOf('vps2', 'file:/etc/pmta/config'));
    expect(making('vps2', drop)?.script).toContain(`ip address replace "198.51.100.11/32" dev 'eth0'`);
  });

  it('[R74] gets a missing address although its configuration was edited there, and replaces that only when asked', () => {
    const edited = Buffer.from(`mode 640 root:pmta\ncontent ${Buffer.from('# by hand\n').toString('base64')}\n`);
    const stagesWith = (overwriteDrift: boolean) => {
      const inputs = inputsFor(settings);
      return wantedStages('vps2', settings, factsOn('vps2'), {
        ...inputs,
        ...(inputs.vps2 ? { vps2: { ...inputs.vps2, overwriteDrift } } : {}),
      });
    };
    const find = (stages: readonly Stage[], id: RegExp) =>
      stages.findIndex(({ resources }) => resources.some((one) => id.test(one.id)));
    const configurationIn = (stages: readonly Stage[]) =>
      stages.flatMap(({ resources }) => resources).find(({ id }) => id === 'file:/etc/pmta/config');

    const kept = stagesWith(false);
    expect(find(kept, /ee-sending/)).toBeLessThan(find(kept, /\/etc\/pmta\/config$/));
    expect(configurationIn(kept)?.refusesItsStageOnly).toBe(true);
    expect(() => configurationIn(kept)?.diff(edited)).toThrow('was not written by ee');
    const difference = configurationIn(stagesWith(true))?.diff(edited);
    expect(difference?.script).toContain('ee_keep "$p"');
  });

  it('[R76] runs both of its services', () => {
    expect(placeOf('vps2', 'service:pmta')).toBeGreaterThan(placeOf('vps2', 'file:/etc/pmta/config'));
    expect(placeOf('vps2', 'service:pmtahttp')).toBeGreaterThan(0);
  });
});

describe('the engine on VPS3', () => {
  it('[R95] has its secrets in files that systemd hands over, readable by root alone', () => {
    for (const name of ['admin-key', 'postgres-password', 'redis-password']) {
      expect(making('vps3', `file:/etc/email-engine/credentials/${name}`)?.script).toMatch(
        /chmod 0600 \/proc\/self\/fd\/9/,
      );
      expect(filesOf('vps3').get('/etc/systemd/system/email-engine.service')).toContain(
        `LoadCredential=${name}:/etc/email-engine/credentials/${name}\n`,
      );
    }
    const config = filesOf('vps3').get('/etc/email-engine/config.json') ?? '';
    for (const secret of settings.secrets) expect(config).not.toContain(secret.reveal());
    expect(JSON.parse(config)).toMatchObject({
      port: 8000,
      identities: [{ ip: '198.51.100.11' }, { ip: '198.51.100.12' }],
    });
  });

  it('[R96] [R97] is behind TLS, and shows its metrics to nobody outside', () => {
    const site = filesOf('vps3').get('/etc/nginx/conf.d/email-engine.conf') ?? '';
    expect(site).toContain('proxy_pass http://127.0.0.1:8000;');
    expect(site).toContain('location /metrics { return 404; }');
    expect(site).toContain('location / { return 301 https://$host$request_uri; }');
  });

  it('[R94] counts as started only when its health says so', () => {
    expect(making('vps3', 'service:email-engine', ' inactive\n')?.script).toContain(
      'until ( curl -fsS --max-time 5 http://127.0.0.1:8000/health )',
    );
  });

  it('has Prometheus ask all three hosts', () => {
    const config = filesOf('vps3').get('/etc/prometheus/prometheus.yml') ?? '';
    for (const address of ['192.0.2.10', '198.51.100.10', '203.0.113.10']) {
      expect(config).toContain(`- targets: ["${address}:9100"]\n`);
    }
    const changed = settingsWith({ VPS1_IP: '2001:db8::10' });
    const ipv6 = writtenFiles(wantedStages('vps3', changed, factsOf('vps3'), inputsFor(changed)));
    expect(ipv6.get('/etc/prometheus/prometheus.yml')).toContain('- targets: ["[2001:db8::10]:9100"]\n');
  });
});
