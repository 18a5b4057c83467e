import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boot, DEFAULT_STORE, labPlace, powerCut } from '../../src/lib/lab/lab.js';
import { HOST_NAMES } from '../../src/lib/settings/settings.js';
import { TestLab } from './../support/lab.js';
import { accepts, submit } from '../support/submission.js';

interface Deployment {
  readonly hosts: readonly {
    readonly host: string;
    readonly status: string;
    readonly changes: readonly { readonly id: string; readonly action: string; readonly summary: string }[];
  }[];
}

const lab = new TestLab('t-deploy');
const changedIds = (result: Deployment) =>
  Object.fromEntries(result.hosts.map(({ host, changes }) => [host, changes.map(({ id }) => id)]));

/** Files that differ since the marker, but for what any host writes by itself. */
const OWN_WRITES = ['/proc', '/sys', '/run', '/tmp', '/dev', '/var/log', '/var/lib/systemd', '/var/tmp', '/root/.ssh'];
const CHANGED_SINCE_MARK = `find / -xdev \\( ${OWN_WRITES.map((path) => `-path ${path}`).join(' -o ')} \\) -prune -o -newer /run/ee-test-mark -type f -print`;

describe('from a backup set to three running hosts', () => {
  let planned: Deployment;

  beforeAll(() => lab.up('bare'));
  afterAll(() => lab.down());

  it('finds the backup set sound', async () => {
    const { exit, json } = await lab.ee('verify', '--json');
    expect(exit).toBe(0);
    expect(json<{ verdict: string }>().verdict).toBe('VERIFIED');
  });

  it('[R21] plans the whole deployment of bare hosts, and changes nothing anywhere', async () => {
    for (const host of HOST_NAMES) await lab.sh(host, 'sleep 1; touch /run/ee-test-mark; sleep 1');

    const { exit, json } = await lab.ee('deploy', 'all', '--dry-run', '--exit-code', '--json');

    expect(exit).toBe(3);
    planned = json<Deployment>();
    expect(planned.hosts.map(({ host, status }) => `${host} ${status}`)).toEqual([
      'vps1 planned',
      'vps2 planned',
      'vps3 planned',
    ]);
    for (const host of HOST_NAMES) expect(await lab.sh(host, CHANGED_SINCE_MARK)).toBe('');
    expect(existsSync(join(lab.folder, 'secrets'))).toBe(false);
  });

  it('[R21] shows the plan to people with the text of each file and without a secret', async () => {
    const { stdout } = await lab.ee('deploy', 'vps1', '--dry-run', '--verbose');
    expect(stdout).toContain('+# Written by ee: the MailWizz panel.');
    expect(stdout).not.toContain(lab.setting('MAILWIZZ_DB_PASSWORD'));
  });

  it('asks nobody where nobody can answer, and says so', async () => {
    const { exit, json } = await lab.ee('deploy', 'all', '--json');
    expect(exit).toBe(2);
    expect(json<{ error: { code: string; hint: string } }>().error).toMatchObject({
      code: 'USAGE',
      hint: 'Add --yes to agree beforehand.',
    });
  });

  it('deploys all three hosts, and does exactly what the plan said', async () => {
    const { exit, json } = await lab.ee('deploy', 'all', '--yes', '--json');
    const done = json<Deployment>();
    expect(done.hosts.map(({ host, status }) => `${host} ${status}`)).toEqual([
      'vps1 changed',
      'vps2 changed',
      'vps3 changed',
    ]);
    expect(exit).toBe(0);
    expect(changedIds(done)).toEqual(changedIds(planned));
  });

  it('[R75] is healthy by what the hosts say themselves', async () => {
    const { exit, stdout, json } = await lab.ee('status', '--json');
    expect(exit, stdout).toBe(0);
    const seen = json<{ hosts: { proofs: { what: string; seen: string }[] }[] }>().hosts.flatMap(
      ({ proofs }) => proofs,
    );
    expect(seen).toContainEqual(expect.objectContaining({ what: 'database', seen: 'mailwizz_v2 has 0 tables' }));
    expect(seen).toContainEqual(expect.objectContaining({ what: 'pmta show status' }));
    expect(seen.filter(({ what }) => what.startsWith('vmta-mail'))).toHaveLength(5);
    expect(seen).toContainEqual(expect.objectContaining({ what: 'Prometheus', seen: 'reaches 3 hosts, 5 targets' }));
  });

  it('[R20] changes, regenerates and restarts nothing in a second run', async () => {
    const since = () =>
      Promise.all(
        HOST_NAMES.map((host) => lab.sh(host, `systemctl show -P ActiveEnterTimestampMonotonic '*.service' | sort`)),
      );
    const key = () => readFile(join(lab.folder, 'secrets/dkim/mail1.lab.example/mail.pem'), 'utf8');
    const [started, before] = [await since(), await key()];

    const { exit, json } = await lab.ee('deploy', 'all', '--yes', '--json');

    expect(exit).toBe(0);
    expect(json<Deployment>().hosts.map(({ host, status, changes }) => [host, status, changes])).toEqual([
      ['vps1', 'unchanged', []],
      ['vps2', 'unchanged', []],
      ['vps3', 'unchanged', []],
    ]);
    expect(await since()).toEqual(started);
    expect(await key()).toBe(before);
  });

  describe('VPS1', () => {
    it('[R42] [R132] has an empty database and nothing of the dump', async () => {
      expect(await lab.sh('vps1', `mariadb -N -e 'SHOW TABLES' mailwizz_v2`)).toBe('');
      expect(await lab.sh('vps1', `find / -xdev -name 'mailapp-prod*' -print`)).toBe('');
    });

    it('[R47] moved the old configuration out of reach of PHP', async () => {
      expect(await lab.try('vps1', 'test -e /var/www/mailwizz/apps/common/config/main-custom.php')).toMatchObject({
        exit: 1,
      });
      expect(await lab.sh('vps1', `stat -c '%U %a' /var/lib/ee/set-aside/mailwizz`)).toBe('root 700');
      expect(await lab.sh('vps1', 'grep -rl 192.0.2.1 /var/www/mailwizz || :')).toBe('');
    });

    it('[R50] lets PHP write to the eight folders and nowhere else', async () => {
      const writable = await lab.sh(
        'vps1',
        `cd /var/www/mailwizz && runuser -u mailwizz -- find . -writable -type d | sort; find . -perm -002 ! -type l`,
      );
      expect(writable.split('\n')).toEqual([
        './apps/common/config',
        './apps/common/runtime',
        './apps/extensions',
        './backend/assets/cache',
        './customer/assets/cache',
        './frontend/assets/cache',
        './frontend/assets/files',
        './frontend/assets/files/resized',
        './frontend/assets/gallery',
      ]);
    });

    it('[R53] runs the eight console commands as the web user, from one file', async () => {
      const lines = (await lab.sh('vps1', `grep -rh console.php /etc/cron* /var/spool/cron 2>/dev/null`)).split('\n');
      expect(lines.map((line) => line.replace(/.* (\S+) >\/dev\/null 2>&1$/, '$1')).sort()).toEqual([
        'bounce-handler',
        'daily',
        'feedback-loop-handler',
        'hourly',
        'process-delivery-and-bounce-log',
        'queue',
        'send-campaigns',
        'send-transactional-emails',
      ]);
      expect(lines.every((line) => line.includes(' mailwizz '))).toBe(true);
    });

    it('[R49] shows the installer to nobody but the host itself', async () => {
      const curl = `curl -sk -o /dev/null -w '%{http_code}' --max-time 10 -H 'Host: panel.lab.example'`;
      expect(await lab.sh('vps3', `${curl} https://${lab.setting('VPS1_IP')}/install/index.php`)).toBe('404');
    });

    it('[R52] serves neither code nor dotfiles', async () => {
      const code = (path: string) => lab.sh('vps1', `curl -sk -o /dev/null -w '%{http_code}' https://127.0.0.1${path}`);
      expect(await code('/apps/init.php')).toBe('403');
      expect(await code('/vendor/autoload.php')).toBe('403');
      expect(await code('/.git/config')).toBe('404');
    });
  });

  describe('VPS2', () => {
    const auth = () => ({ user: lab.setting('PMTA_SMTP_USER'), pass: lab.setting('PMTA_SMTP_PASSWORD') });

    it.each(
      ['contact', 'support', 'hello', 'info', 'noreply'].map(
        (name, at) => [at + 1, `${name}@mail${at + 1}.lab.example`] as const,
      ),
    )(
      '[R72] [R73] accepts a message of sender %i, %s, with authentication, for its own virtual MTA',
      async (index, sender) => {
        await lab.sh('vps2', `pmta pause queue '*/*'`);
        const response = await submit(lab, 'vps1', { from: sender, ip: lab.sendingIp(index), auth: auth() });
        expect(response).toMatch(/^250 /);
        expect(await lab.sh('vps2', 'pmta show queues')).toContain(`inbox.example/vmta-mail${index} `);
      },
    );

    it('[R72] refuses to relay without authentication, also for VPS1 and VPS3', async () => {
      for (const via of ['vps1', 'vps3'] as const) {
        const attempt = submit(lab, via, { from: 'contact@mail1.lab.example', ip: lab.sendingIp(1) });
        await expect(attempt).rejects.toThrow(/5\d\d/);
      }
    });

    it('[R80] answers nobody else on the submission port', async () => {
      expect(await accepts(lab.sendingIp(1), 2525)).toBe(false);
    });

    it('[R61] [R63] keeps licence and keys readable for the service and for nobody else', async () => {
      const modes = await lab.sh(
        'vps2',
        `stat -c '%n %U:%G %a' /etc/pmta/license /etc/pmta/dkim /etc/pmta/dkim/mail1.pem /etc/pmta/config`,
      );
      expect(modes.split('\n')).toEqual([
        '/etc/pmta/license root:pmta 640',
        '/etc/pmta/dkim root:pmta 750',
        '/etc/pmta/dkim/mail1.pem root:pmta 640',
        '/etc/pmta/config root:pmta 640',
      ]);
      await lab.sh('vps2', 'runuser -u pmta -- test -r /etc/pmta/dkim/mail5.pem');
      expect(await lab.try('vps2', 'runuser -u nobody -- test -r /etc/pmta/dkim/mail5.pem')).toMatchObject({ exit: 1 });
    });

    it('[R59] holds the package, so that no archive replaces it', async () => {
      expect(await lab.sh('vps2', 'apt-mark showhold')).toBe('powermta');
    });

    it('[R67] runs a configuration that names none of the old addresses', async () => {
      const old = await lab.sh('vps2', 'cat /etc/pmta/config');
      expect(old).not.toMatch(/198\.51\.100\.|203\.0\.113\.|CHANGE_ME|pmta-vmta[01]/);
    });

    it('[R74] has its sending addresses again after a power cut, and PowerMTA with them', async () => {
      const place = labPlace(lab.name, DEFAULT_STORE);
      await powerCut(place, 'vps2');
      await boot(place, 'vps2', () => undefined);

      const { exit, stdout } = await lab.ee('status', '--json');
      expect(exit, stdout).toBe(0);
      const again = await lab.ee('deploy', 'vps2', '--yes', '--json');
      expect(again.json<Deployment>().hosts.map(({ status }) => status)).toEqual(['unchanged']);
    });
  });

  describe('VPS3', () => {
    it('[R96] [R97] offers the API over TLS only, and nothing of it without the key', async () => {
      const address = lab.setting('VPS3_IP');
      const curl = `curl -sk -o /dev/null -w '%{http_code}' --max-time 10 -H 'Host: api.lab.example'`;
      expect(await accepts(address, 8000)).toBe(false);
      expect(await accepts(address, 9090)).toBe(false);
      expect(await lab.sh('vps1', `${curl} https://${address}/health`)).toBe('200');
      expect(await lab.sh('vps1', `${curl} https://${address}/metrics`)).toBe('404');
      expect(await lab.sh('vps1', `${curl} https://${address}/v1/identities`)).toBe('401');
      expect(await lab.sh('vps1', `${curl} http://${address}/health`)).toBe('301');
    });

    it('[R117] watches only what exists', async () => {
      const up = await lab.sh('vps3', `curl -s -G http://127.0.0.1:9090/api/v1/query --data-urlencode 'query=up == 0'`);
      expect(JSON.parse(up)).toMatchObject({ status: 'success', data: { result: [] } });
    });
  });

  describe('all hosts', () => {
    it('[R31] keep nothing of an upload, and no secret in a place that others can read', async () => {
      for (const host of HOST_NAMES) {
        expect(await lab.sh(host, 'ls -A /var/lib/ee/staging 2>/dev/null')).toBe('');
        expect(await lab.sh(host, `stat -c '%U %a' /var/lib/ee`)).toBe('root 700');
      }
      const secret = lab.setting('PMTA_SMTP_PASSWORD');
      const search = `grep -rlsF ${secret} /etc /var /tmp /root /home /run /opt --exclude-dir=systemd || :`;
      // What is in force, and what ee remembers of it, both for root alone or for PowerMTA's own group.
      expect((await lab.sh('vps2', search)).split('\n').sort()).toEqual([
        '/etc/pmta/config',
        '/var/lib/ee/pmta/applied',
      ]);
      expect(await lab.sh('vps2', `runuser -u nobody -- sh -c '${search}'`)).toBe('');
    });

    it('[R57] take in nothing but what is named, install security updates, and keep UTC', async () => {
      for (const host of HOST_NAMES) {
        expect(await lab.sh(host, `nft list chain inet ee input | grep -c 'policy drop'`)).toBe('1');
        expect(await lab.sh(host, 'systemctl is-enabled nftables unattended-upgrades')).toBe('enabled\nenabled');
        expect(await lab.sh(host, 'readlink /etc/localtime')).toBe('/usr/share/zoneinfo/Etc/UTC');
        expect(await lab.sh(host, `sshd -T | grep -E '^(passwordauthentication|permitrootlogin)'`)).toMatch(
          /permitrootlogin (without-password|prohibit-password)\npasswordauthentication no/,
        );
      }
    });
  });

  describe('ee pmta status', () => {
    interface PmtaStatus {
      readonly state: string;
      readonly healthy: boolean;
      readonly licence: { readonly product: string; readonly expires: string };
      readonly virtualMtas: readonly { readonly name: string; readonly ip: string; readonly sender: string }[] | null;
      readonly disabledSources: readonly unknown[] | null;
      readonly queues: { readonly queues: number; readonly shown: readonly { readonly name: string }[] } | null;
      readonly problems: readonly { readonly severity: string; readonly message: string }[];
    }

    it('tells the state, the licence, five virtual MTAs and the queue of a message', async () => {
      const from = 'hello@mail3.lab.example';
      const auth = { user: lab.setting('PMTA_SMTP_USER'), pass: lab.setting('PMTA_SMTP_PASSWORD') };
      await lab.sh('vps2', `pmta pause queue '*/*'`);
      expect(await submit(lab, 'vps1', { from, ip: lab.sendingIp(3), auth })).toMatch(/^250 /);

      const { exit, stdout, json } = await lab.ee('pmta', 'status', '--json', '--vmta', 'vmta-mail3');
      expect(exit, stdout).toBe(0);
      expect(json<PmtaStatus>()).toMatchObject({ state: 'running', healthy: true, disabledSources: [] });
      expect(json<PmtaStatus>().licence.product).toContain('PowerMTA');
      expect(json<PmtaStatus>().queues?.shown.map(({ name }) => name)).toEqual(['inbox.example/vmta-mail3']);
      expect(stdout).not.toContain(await lab.sh('vps2', "sed -n 's/^check: *//p' /etc/pmta/license"));

      const all = (await lab.ee('pmta', 'status', '--json')).json<PmtaStatus>();
      expect(all.virtualMtas?.map(({ name, ip, sender }) => [name, ip, sender])).toEqual(
        ['contact', 'support', 'hello', 'info', 'noreply'].map((name, at) => [
          `vmta-mail${at + 1}`,
          lab.sendingIp(at + 1),
          `${name}@mail${at + 1}.lab.example`,
        ]),
      );
    });

    it('says at once that PowerMTA does not run, and shows nothing of it as good', async () => {
      await lab.sh('vps2', 'systemctl stop pmta');
      try {
        const started = Date.now();
        const { exit, json } = await lab.ee('pmta', 'status', '--json');
        expect(Date.now() - started).toBeLessThan(20_000);
        expect(exit).toBe(3);
        expect(json<PmtaStatus>()).toMatchObject({
          state: 'not running',
          healthy: false,
          virtualMtas: null,
          queues: null,
        });
        expect(json<PmtaStatus>().problems[0]?.message).toContain('PowerMTA is not running: its service is inactive.');
      } finally {
        await lab.sh('vps2', 'systemctl start pmta');
      }
    });
  });
});
