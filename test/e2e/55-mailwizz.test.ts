import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applicationTree } from '../../src/lib/lab/application-tree.js';
import { tarGz } from '../../src/lib/lab/backup-set.js';
import { packageRoot } from '../../src/lib/package-root.js';
import { killedAt, onceFree } from '../support/killed-run.js';
import { TestLab, type EeResult } from '../support/lab.js';
import { logIn } from '../support/panel-browser.js';

interface Failure {
  readonly error: { readonly code: string; readonly exit: number; readonly message: string; readonly hint: string };
}
interface Installed {
  readonly host: string;
  readonly status: string;
  readonly version: string;
  readonly changes: readonly { readonly id: string; readonly action: string; readonly summary: string }[];
  readonly steps: readonly string[];
}
interface Status {
  readonly state: string;
  readonly version: string;
  readonly healthy: boolean;
  readonly proofs: readonly { readonly what: string; readonly seen: string; readonly ok: boolean }[];
}

const ROOT = '/var/www/mailwizz';
const CONFIG = `${ROOT}/apps/common/config/main-custom.php`;
const INSTALLER = join(packageRoot(), 'assets/lab/mailwizz/installer');

const lab = new TestLab('t-mailwizz');
const install = (...args: string[]) => lab.ee('mailwizz', 'install', '--yes', '--json', ...args);
const status = () => lab.ee('mailwizz', 'status', '--json');
const failure = (result: EeResult) => result.json<Failure>().error;
const ids = (result: EeResult) => result.json<Installed>().changes.map(({ id, action }) => `${action} ${id}`);
const sql = (query: string) => lab.sh('vps1', `mariadb -N mailwizz_v2 <<'SQL'\n${query}\nSQL`);
const journal = () => lab.sh('vps1', 'sha256sum < /var/lib/ee/journal.jsonl');

const wrongIn = (seen: EeResult) =>
  seen
    .json<Status>()
    .proofs.filter(({ ok }) => !ok)
    .map(({ what }) => what);

/** What the panel answers the world: a host that is not VPS1. */
const fromOutside = (path: string) =>
  lab.sh(
    'world',
    `python3 -c "
import http.client, ssl
connection = http.client.HTTPSConnection('${lab.setting('VPS1_IP')}', context=ssl._create_unverified_context(), timeout=20)
connection.request('GET', '${path}', headers={'Host': 'panel.lab.example'})
print(connection.getresponse().status)"`,
  );

/** The host as the deployment left it, before anything was installed. */
const asDeployed = () =>
  lab.sh(
    'vps1',
    `rm -rf ${ROOT} && cp -a /root/as-deployed ${ROOT}
    mariadb -e 'DROP DATABASE mailwizz_v2; CREATE DATABASE mailwizz_v2 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci'
    sed -i '/^license_url/!d' /etc/mwstub.ini`,
  );
/** A fault of the application stand-in. */
const fault = (line: string) => lab.sh('vps1', `printf '%s\\n' '${line}' >> /etc/mwstub.ini`);
const noFault = () => lab.sh('vps1', `sed -i '/^license_url/!d' /etc/mwstub.ini`);

/** Everything that an installation must come to, whichever way it went. */
async function expectInstalled(): Promise<void> {
  const seen = await status();
  expect(seen.json<Status>()).toMatchObject({ host: 'vps1', state: 'installed', version: '2.2.11' });
  // They are given to it afterwards; and this lab has no VPS2.
  expect(wrongIn(seen)).toEqual(['delivery servers', 'PowerMTA']);
  expect(await fromOutside('/')).toBe('200');
  expect(await fromOutside('/install/index.php')).toBe('404');
  expect(await lab.sh('vps1', `stat -c '%U:%G %a' ${CONFIG}; ls -d ${ROOT}/install 2>/dev/null || echo gone`)).toBe(
    'root:mailwizz 440\ngone',
  );
  expect(await lab.sh('vps1', `find ${ROOT} -perm -002 ! -type l; ls -d /run/ee-mailwizz.* 2>/dev/null || :`)).toBe('');
  const counts = [
    ...['customer_email_template', 'customer_email_template_category', 'campaign', 'list', 'list_subscriber'],
    ...['delivery_server', 'transactional_email', 'user'],
  ].map((table) => `SELECT COUNT(*) FROM mw_${table};`);
  expect((await sql(counts.join('\n'))).split('\n')).toEqual(['0', '0', '0', '0', '0', '0', '0', '1']);
  expect(await sql(`SELECT value FROM mw_option WHERE category = 'system.urls' AND \`key\` LIKE '%absolute_url'`)).toBe(
    ['api/', 'backend/', 'customer/', ''].map((name) => `https://panel.lab.example/${name}index.php/`).join('\n'),
  );
}

/** The administrator gets in with a browser, and nobody with another password. The picture is for people to look at. */
async function expectLogin(picture: string): Promise<void> {
  const passwords = ['a wrong one', lab.setting('MAILWIZZ_ADMIN_PASSWORD')];
  const seen = await logIn(lab, passwords, picture);
  const [refused, dashboard] = seen.pages;
  expect(refused?.path).toBe('/backend/index.php/guest/index');
  expect(refused?.text).toContain('Invalid login credentials.');
  expect(refused?.text).not.toContain('Dashboard');
  expect(dashboard?.path).toBe('/backend/index.php/dashboard/index');
  expect(dashboard?.text).toContain('Dashboard');
  expect(dashboard?.text).toContain(lab.setting('MAILWIZZ_ADMIN_EMAIL'));
  expect(dashboard?.text).not.toMatch(/install directory|offline/);
  console.log(`The dashboard as a browser shows it: ${seen.picture}`);
}

describe('MailWizz on VPS1', () => {
  beforeAll(async () => {
    await lab.up('packages', { hosts: ['vps1', 'vps3'], world: true });
    // The old system's database stands in the archive; whoever asks for it is counted.
    await lab.sh(
      'vps1',
      `command -v nft >/dev/null && nft -f - <<'NFT'
table ip old {
  chain out {
    type filter hook output priority 0;
    ip daddr 192.0.2.1 counter
  }
}
NFT`,
    );
    const deployed = await lab.ee('deploy', 'vps1', '--yes', '--json');
    expect(deployed.exit, deployed.stdout).toBe(0);
    await lab.sh('vps1', `cp -a ${ROOT} /root/as-deployed`);
  });
  afterAll(() => lab.down());

  describe('before it is installed', () => {
    it('says what it waits for, and answers nobody', async () => {
      const seen = await status();
      expect(seen.exit, seen.stdout).toBe(3);
      expect(seen.json<Status>()).toMatchObject({ state: 'fresh', healthy: false });
      expect(await fromOutside('/')).toBe('503');
    });

    it('has a database on its socket alone, and a user with rights on exactly that database', async () => {
      expect(await lab.sh('vps1', `ss -Hltnp | grep -e :3306 -e mariadbd || :`)).toBe('');
      const asUser = (query: string) =>
        lab.sh(
          'vps1',
          `mariadb --defaults-extra-file=/dev/fd/3 -N -r -e ${JSON.stringify(query)} 2>&1 3<<'OPTIONS' || :
[client]
user=mailwizz
password="${lab.setting('MAILWIZZ_DB_PASSWORD')}"
OPTIONS`,
        );
      await lab.sh('vps1', `mariadb -e 'CREATE DATABASE mailwizzXv2; CREATE TABLE mailwizzXv2.t (id INT)'`);
      expect(await asUser('SELECT * FROM mailwizzXv2.t')).toContain('denied');
      await lab.sh('vps1', `mariadb -e 'DROP DATABASE mailwizzXv2'`);
      expect(await asUser('CREATE DATABASE other')).toContain('denied');
      expect(await asUser("SELECT COALESCE(LOAD_FILE('/etc/passwd'), 'nothing')")).toBe('nothing');
      expect(await asUser('SELECT COUNT(*) FROM mysql.user')).toContain('denied');
      const rights = await asUser('SHOW GRANTS');
      expect(rights.split('\n').map((line) => line.replace(/ TO .*/, ''))).toEqual([
        'GRANT USAGE ON *.*',
        'GRANT ALL PRIVILEGES ON `mailwizz\\_v2`.*',
      ]);
    });

    it('[R50] [R52] runs PHP as a user of its own, who writes to the eight folders and has nothing run from them', async () => {
      expect(
        await lab.sh('vps1', `curl -sk -o /dev/null https://127.0.0.1/fpm-ping; ps -o user= -C php-fpm8.2 | sort -u`),
      ).toBe('mailwizz\nroot');
      await lab.sh(
        'vps1',
        `cd ${ROOT} && echo '<?php echo "run";' | tee frontend/assets/files/x.php > frontend/assets/gallery/y.phtml
        cp frontend/assets/files/x.php backend/assets/cache/z.php; mkdir -p .git && echo x > .git/config; touch .env x.sql`,
      );
      const asked = ['/frontend/assets/files/x.php', '/frontend/assets/gallery/y.phtml', '/backend/assets/cache/z.php'];
      const hidden = ['/.git/config', '/.env', '/x.sql', '/apps/common/config/main.php', '/vendor/', '/apps/'];
      const statuses = await Promise.all([...asked, ...hidden].map(fromOutside));
      expect(statuses).toEqual(['403', '403', '404', '404', '404', '404', '403', '403', '403']);
      await lab.sh(
        'vps1',
        `cd ${ROOT} && rm -r frontend/assets/files/x.php frontend/assets/gallery/y.phtml backend/assets/cache/z.php .git .env x.sql`,
      );
      expect(
        await lab.sh(
          'vps1',
          `cd ${ROOT} && runuser -u mailwizz -- find . -writable -not -type l | cut -d / -f 2-4 | sort -u | head -n 20`,
        ),
      ).toBe(
        'apps/common/config\napps/common/runtime\napps/extensions\nbackend/assets/cache\ncustomer/assets/cache\nfrontend/assets/cache\nfrontend/assets/files\nfrontend/assets/gallery',
      );
    });

    it('is not begun without a purchase code, whose name is told', async () => {
      const before = await journal();
      const result = await lab.withSetting('MAILWIZZ_PURCHASE_CODE', '', () => install());
      expect(result.exit).toBe(2);
      expect(failure(result).code).toBe('MAILWIZZ_NO_PURCHASE_CODE');
      expect(failure(result).message).toContain('MAILWIZZ_PURCHASE_CODE');
      expect(await journal()).toBe(before);
    });

    it('[R48] is planned without a wizard, since the archive of production has none', async () => {
      const before = await journal();
      const result = await lab.ee('mailwizz', 'install', '--dry-run', '--json');
      expect(result.exit, result.stdout).toBe(0);
      expect(result.json<Installed>().steps).toEqual([
        'install MailWizz 2.2.11 from its own SQL files, and let it verify its licence',
        'remove the wizard, close what it opened, and prove that the panel is empty and works',
      ]);
      expect(await journal()).toBe(before);
    });
  });

  describe('from an archive without a wizard', () => {
    it('is undone when the vendor refuses the licence', async () => {
      const result = await lab.withSetting('MAILWIZZ_PURCHASE_CODE', 'TEST-0000-ERROR-0001', () => install());
      expect(result.exit, result.stdout).toBe(1);
      expect(failure(result)).toMatchObject({ code: 'MAILWIZZ_LICENCE_REFUSED' });
      expect(failure(result).message).toContain('This purchase code is not valid.');
      expect(await sql('SHOW TABLES')).toBe('');
      expect((await lab.try('vps1', `test -e ${CONFIG}`)).exit).toBe(1);
      expect(await fromOutside('/')).toBe('503');
    });

    it('[R48] [R42] [R132] is installed empty, with a licence that the application verified itself', async () => {
      const result = await install();
      expect(result.exit, result.stdout).toBe(0);
      expect(ids(result)).toEqual([
        'create mailwizz:tables',
        'create mailwizz:configuration',
        'create mailwizz:administrator',
        'update mailwizz:modes',
        'create mailwizz:installed',
      ]);
      await expectInstalled();
      expect(
        await sql(
          `SELECT value = '${lab.setting('MAILWIZZ_PURCHASE_CODE')}' FROM mw_option WHERE \`key\` = 'purchase_code'`,
        ),
      ).toBe('1');
      // The database of the stand-in's two text files and what the wizard would have stored.
      expect(await sql('SELECT COUNT(*) > 20 FROM mw_zone JOIN mw_country USING (country_id)')).toBe('1');
      expect(await sql('SELECT LENGTH(password) FROM mw_user')).toBe('34');
    });

    it('[R48] lets its administrator in with a browser, and nobody with a wrong password', () =>
      expectLogin('panel-without-wizard.png'));

    it('[R20] is left alone by a second run and by a deployment, and says so', async () => {
      const before = await journal();
      const again = await lab.ee('mailwizz', 'install', '--yes');
      expect(again.exit).toBe(0);
      expect(again.stdout).toBe('vps1: MailWizz 2.2.11 is installed already. 0 changes.');
      const deployed = await lab.ee('deploy', 'vps1', '--yes', '--json');
      expect(deployed.exit, deployed.stdout).toBe(0);
      expect(deployed.json<{ hosts: { status: string }[] }>().hosts[0]?.status).toBe('unchanged');
      expect(await journal()).toBe(before);
    });

    it('[R53] runs its scheduled commands from then on, which the status tells with their age', async () => {
      await lab.until(
        'vps1',
        `test "$(mariadb -N -e "SELECT COUNT(*) FROM mailwizz_v2.mw_console_command_history")" -ge 2`,
        130,
      );
      const proof = (await status()).json<Status>().proofs.find(({ what }) => what === 'scheduled commands');
      expect(proof?.seen).toMatch(/^ran send-campaigns \d+ s ago, queue \d+ s ago, .*daily not yet$/);
    });

    it('[R55] is given a delivery server for each sender, through its own models, and has nothing left to say', async () => {
      const before = await journal();
      const planned = await lab.ee('mailwizz', 'servers', '--dry-run', '--json');
      expect(planned.exit, planned.stdout).toBe(0);
      expect(planned.json<Installed>().steps).toHaveLength(5);
      expect(await journal()).toBe(before);

      const made = await lab.ee('mailwizz', 'servers', '--yes', '--json');

      expect(made.exit, made.stdout).toBe(0);
      const columns = 'name, type, hostname, port, protocol, username, from_email, force_from, status';
      const rows = (await sql(`SELECT ${columns} FROM mw_delivery_server ORDER BY server_id`)).split('\n');
      expect(rows.map((row) => row.split('\t'))).toEqual(
        ['contact', 'support', 'hello', 'info', 'noreply'].map((prefix, at) => [
          `vmta-mail${at + 1}`,
          'smtp-pmta',
          lab.sendingIp(at + 1),
          '2525',
          'tls',
          'mailwizz',
          `${prefix}@mail${at + 1}.lab.example`,
          'always',
          'active',
        ]),
      );
      const secret = lab.setting('PMTA_SMTP_PASSWORD');
      expect(await sql(`SELECT COUNT(*) FROM mw_delivery_server WHERE password LIKE '%${secret}%'`)).toBe('0');
      expect(await lab.sh('vps1', `grep -rlsF ${secret} /var/lib/ee /var/log /run || :`)).toBe('');
      expect(wrongIn(await status())).toEqual(['PowerMTA']);
      const again = await lab.ee('mailwizz', 'servers', '--yes', '--json');
      expect(again.json<Installed>()).toMatchObject({ status: 'unchanged', changes: [] });
    });

    it('[R17] [R55] finds each sender and each delivery server that has not the other, and mends what is its own', async () => {
      await sql(`UPDATE mw_delivery_server SET hostname = '192.0.2.9', password = 'wrong' WHERE name = 'vmta-mail2'`);
      await sql(`DELETE FROM mw_delivery_server WHERE name = 'vmta-mail3'`);
      await sql(`INSERT INTO mw_delivery_server (name, type, hostname, username, from_email, status, date_added, last_updated)
        VALUES ('old relay', 'smtp', '192.0.2.8', '', 'old@example.org', 'active', NOW(), NOW())`);
      const seen = await status();
      expect(seen.exit).toBe(3);
      expect(seen.json<Status>().proofs.find(({ what }) => what === 'delivery servers')?.seen).toBe(
        [
          'the delivery server of support@mail2.lab.example differs in hostname, password',
          'hello@mail3.lab.example has no delivery server',
          'delivery server 6 (old relay) sends as old@example.org, and is none of a sender. `ee mailwizz servers` gives each sender its own',
        ].join('; '),
      );

      const mended = await lab.withSetting('SENDING_IPS', `${lab.sendingIp(1)}-${lab.sendingIp(4)}`, () =>
        lab.ee('mailwizz', 'servers', '--yes', '--json'),
      );

      expect(mended.exit, mended.stdout).toBe(3);
      expect(mended.json<{ strangers: string[] }>().strangers).toHaveLength(1);
      expect(await sql(`SELECT name, hostname, status FROM mw_delivery_server ORDER BY name`)).toBe(
        [
          'old relay\t192.0.2.8\tactive',
          ...[1, 2, 3, 4].map((index) => `vmta-mail${index}\t${lab.sendingIp(index)}\tactive`),
          `vmta-mail5\t${lab.sendingIp(5)}\tinactive`,
        ].join('\n'),
      );
    });

    it('[R54] gives the API a key that VPS3 alone may use, proves it from there, and shows it nowhere', async () => {
      const key = (...args: string[]) => lab.ee('mailwizz', 'key', '--yes', ...args);
      const early = await key('--json');
      expect([early.exit, failure(early).code]).toEqual([1, 'MAILWIZZ_NO_ENGINE']);
      expect(await sql('SELECT COUNT(*) FROM mw_customer_api_key')).toBe('0');
      const deployed = await lab.ee('deploy', 'vps3', '--yes', '--json');
      expect(deployed.exit, deployed.stdout).toBe(0);

      const planned = await lab.ee('mailwizz', 'key', '--dry-run', '--json');
      expect([planned.exit, planned.json<Installed>().status]).toEqual([0, 'planned']);
      expect(planned.json<Installed>().steps).toHaveLength(2);
      expect(await sql('SELECT COUNT(*) FROM mw_customer_api_key')).toBe('0');

      const told = await key('--verbose');

      expect(told.exit, told.stderr).toBe(0);
      const path = '/etc/email-engine/credentials/mailwizz-key';
      const made = await lab.sh('vps3', `cat ${path}`);
      expect(made).toMatch(/^[0-9a-f]{40}$/);
      expect(await lab.sh('vps3', `stat -c '%U %a' ${path}; ls -d /run/ee-key.* 2>/dev/null || :`)).toBe('root 600');
      expect(`${told.stdout}${told.stderr}`).not.toContain(made);
      const placesOn = (host: 'vps1' | 'vps3') =>
        lab.sh(host, `grep -rlsF ${made} /var/lib/ee /var/log /tmp /run || :`);
      expect(await placesOn('vps1')).toBe('');
      // systemd shows it to the service alone.
      expect(await placesOn('vps3')).toBe('/run/credentials/email-engine.service/mailwizz-key');
      const call = `curl -sk -o /dev/null -w '%{http_code}' -H 'Host: panel.lab.example' -H 'X-Api-Key: ${made}' https://${lab.setting('VPS1_IP')}/api/index.php/templates`;
      expect(await lab.sh('vps3', call)).toBe('200');
      expect(await lab.sh('vps1', call)).toBe('400');

      const again = await key('--json');
      expect([again.exit, again.json<Installed>()]).toEqual([0, { status: 'unchanged', changes: [], steps: [] }]);
      const after = await lab.ee('deploy', 'vps3', '--yes', '--json');
      expect(after.json<{ hosts: { status: string }[] }>().hosts[0]?.status).toBe('unchanged');
    });

    it('shows a panel that is not as it should be, with status 3', async () => {
      await sql(`UPDATE mw_option SET value = 'offline' WHERE \`key\` = 'site_status'`);
      await lab.sh('vps1', `touch ${ROOT}/apps/common/runtime/of-root; mkdir ${ROOT}/install`);
      const seen = await status();
      expect(seen.exit).toBe(3);
      expect(wrongIn(seen)).toEqual(expect.arrayContaining(['front page', 'version', 'console', 'files of PHP']));
    });

    it('[R46] is never touched once somebody’s data is in its database', async () => {
      await asDeployed();
      expect((await install()).exit).toBe(0);
      await sql(`SET FOREIGN_KEY_CHECKS = 0, SQL_MODE = ''; INSERT INTO mw_campaign (campaign_uid, customer_id, list_id, name, date_added, last_updated)
        VALUES ('aaaaaaaaaaaaa', 1, 1, 'Summer', NOW(), NOW())`);
      await lab.sh('vps1', `rm ${ROOT}/apps/.installed-by-ee`);
      const before = await journal();
      const result = await install();
      expect(result.exit).toBe(1);
      expect(failure(result)).toMatchObject({ code: 'MAILWIZZ_IN_USE' });
      expect(failure(result).message).toContain('1 row in campaign');
      expect(await sql('SELECT name FROM mw_campaign')).toBe('Summer');
      expect(await journal()).toBe(before);
    });

    it('[R41] [R125] puts no secret into an argument list, a journal, a log or its output', async () => {
      await asDeployed();
      await lab.sh(
        'vps1',
        `rm -f /run/argv; (while [ ! -e /run/enough ]; do cat /proc/[0-9]*/cmdline; done 2>/dev/null | tr '\\0' '\\n' > /run/argv) >/dev/null 2>&1 </dev/null & echo`,
      );
      const told = await lab.ee('mailwizz', 'install', '--yes', '--verbose');
      await lab.sh('vps1', 'touch /run/enough; sleep 1; rm /run/enough; grep -c php8.2 /run/argv');
      expect(told.exit, told.stderr).toBe(0);
      const secrets = ['MAILWIZZ_DB_PASSWORD', 'MAILWIZZ_ADMIN_PASSWORD', 'MAILWIZZ_PURCHASE_CODE'].map((name) =>
        lab.setting(name),
      );
      for (const secret of secrets) {
        expect(`${told.stdout}${told.stderr}`).not.toContain(secret);
        expect(
          await lab.sh(
            'vps1',
            `grep -rlsF -e ${secret} /run/argv /var/lib/ee /var/log /tmp /run --exclude-dir=mysqld --exclude-dir=backups || :`,
          ),
        ).toBe('');
      }
    });
  });

  describe('with the wizard of the vendor', () => {
    const withWizard = <T>(use: () => Promise<T>) => lab.withSetting('MAILWIZZ_INSTALL_DIR', INSTALLER, use);
    beforeEach(asDeployed);

    it('[R48] refuses a wizard of another version before anything is changed', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'ee-wizard-'));
      try {
        await cp(INSTALLER, folder, { recursive: true });
        const index = join(folder, 'index.php');
        await writeFile(index, (await readFile(index, 'utf8')).replace("'2.2.11'", "'2.1.13'"));
        const before = await journal();
        const result = await lab.withSetting('MAILWIZZ_INSTALL_DIR', folder, () => install());
        expect(result.exit, result.stdout).toBe(2);
        expect(failure(result).code).toBe('MAILWIZZ_VERSIONS_DIFFER');
        expect(failure(result).message).toContain('MailWizz 2.1.13');
        expect(await journal()).toBe(before);
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    it('[R48] [R49] is installed through it, while the world is shown neither wizard nor panel', async () => {
      await fault('slow_import=4');
      const running = withWizard(() => install());
      await lab.until('vps1', `test -e ${CONFIG}`);
      expect([await fromOutside('/install/index.php'), await fromOutside('/backend/index.php/guest/index')]).toEqual([
        '404',
        '503',
      ]);
      const result = await running;
      expect(result.exit, result.stdout).toBe(0);
      expect(ids(result)).toEqual([
        'create mailwizz:installer',
        'remove mailwizz:installer',
        'update mailwizz:modes',
        'create mailwizz:installed',
      ]);
      await noFault();
      await expectInstalled();
      await expectLogin('panel-with-wizard.png');
      expect((await withWizard(() => install())).json<Installed>()).toMatchObject({ status: 'unchanged', changes: [] });
    });

    it('stops at a licence that the vendor refuses, and has made nothing yet', async () => {
      const result = await lab.withSetting('MAILWIZZ_PURCHASE_CODE', 'TEST-0000-ERROR-0001', () =>
        withWizard(() => install()),
      );
      expect(result.exit).toBe(1);
      expect(failure(result)).toMatchObject({ code: 'MAILWIZZ_STEP_REFUSED' });
      expect(failure(result).message).toContain('This purchase code is not valid.');
      expect(await sql('SHOW TABLES')).toBe('');
    });

    it('[R19] [R23] undoes an import that failed in the middle, with a copy, and begins anew', async () => {
      await fault('fail_import_at=9');
      const failed = await withWizard(() => install());
      expect(failed.exit, failed.stdout).toBe(1);
      expect(failure(failed)).toMatchObject({ code: 'MAILWIZZ_STEP_REFUSED' });
      expect(failure(failed).message).toContain('The import failed');
      expect((await status()).json<Status>().state).toBe('half-made');
      expect(await fromOutside('/')).toBe('503');
      await noFault();

      const again = await withWizard(() => install());

      expect(again.exit, again.stdout).toBe(0);
      expect(ids(again)[0]).toBe('remove mailwizz:half-made');
      expect(
        await lab.sh('vps1', `zgrep -lF 'CREATE TABLE' /var/lib/ee/backups/*/mailwizz-database.sql.gz | tail -n 1`),
      ).not.toBe('');
      await expectInstalled();
    });

    it.each(['requirements', 'filesystem', 'database', 'admin', 'cron'])(
      '[R19] ends the same when it is killed at the step %s and run again',
      async (step) => {
        if (step === 'database') await fault('slow_import=3');
        await withWizard(async () => {
          await killedAt(`answering the wizard: ${step}`, lab, 'mailwizz', 'install', '--yes');
          const again = await onceFree(install);
          expect(again.exit, again.stdout).toBe(0);
        });
        await noFault();
        await expectInstalled();
      },
    );

    it.each(['logging in to the panel', 'proving that it is empty'])(
      '[R19] ends the same when it is killed while it is finished: %s',
      async (said) => {
        await withWizard(async () => {
          await killedAt(said, lab, 'mailwizz', 'install', '--yes');
          const again = await onceFree(install);
          expect(again.exit, again.stdout).toBe(0);
        });
        await expectInstalled();
      },
    );
  });

  it.each(['make the tables', 'write apps/common/config', 'add the administrator', 'letting the application verify'])(
    '[R19] without a wizard too, when it is killed at: %s',
    async (said) => {
      await asDeployed();
      await killedAt(said, lab, 'mailwizz', 'install', '--yes');
      const again = await onceFree(install);
      expect(again.exit, again.stdout).toBe(0);
      await expectInstalled();
    },
  );

  it('[R48] uses the wizard that an archive brings along', async () => {
    const folder = join(lab.folder, 'mailwizz-email-engine');
    const name = (await readdir(folder)).find((file) => file.startsWith('mailwizz-prod-')) ?? '';
    const before = await readFile(join(folder, name));
    await writeFile(
      join(folder, name),
      await tarGz(await applicationTree(join(packageRoot(), 'assets/lab/mailwizz'), 'fresh')),
    );
    try {
      await asDeployed();
      await lab.sh('vps1', `rm -rf ${ROOT}`);
      const deployed = await lab.ee('deploy', 'vps1', '--yes', '--json');
      expect(deployed.exit, deployed.stdout).toBe(0);
      // Unpacked with its wizard, which nobody but the host may reach.
      expect([await fromOutside('/install/index.php'), await fromOutside('/install/')]).toEqual(['404', '404']);
      expect(await lab.sh('vps1', `ls ${ROOT}/install/index.php`)).not.toBe('');
      const result = await install();
      expect(result.exit, result.stdout).toBe(0);
      expect(ids(result)[0]).toBe('remove mailwizz:installer');
      await expectInstalled();
      const again = await lab.ee('deploy', 'vps1', '--yes', '--json');
      expect(again.json<{ hosts: { status: string }[] }>().hosts[0]?.status).toBe('unchanged');
    } finally {
      await writeFile(join(folder, name), before);
    }
  });

  it('[R47] [R124] has never asked for the database of the old system', async () => {
    expect(await lab.sh('vps1', 'nft list chain ip old out')).toContain('counter packets 0 bytes 0');
  });
});
