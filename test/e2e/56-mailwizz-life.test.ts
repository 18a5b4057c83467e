import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KeptPanel } from '../../src/lib/deploy/mailwizz/panel/kept-panels.js';
import { TestLab, type EeResult } from '../support/lab.js';
import { release, vendorsRelease } from '../support/mailwizz-release.js';
import { killedAt, onceFree, statusFromOutside } from '../support/panel.js';

interface Outcome {
  readonly status: string;
  readonly changes: readonly { readonly id: string; readonly action: string }[];
  readonly problems?: readonly string[];
  readonly steps?: readonly string[];
}
interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

const ROOT = '/var/www/mailwizz';
const REPLACE = ['mailwizz', 'install', '--replace', '--confirm-database', 'mailwizz_v2', '--yes'] as const;
const BACK = ['rollback', 'vps1', '--yes'] as const;

const lab = new TestLab('t-mw-life');
const failure = (result: EeResult) => result.json<Failure>().error;
const sql = (query: string) => lab.sh('vps1', `mariadb -N mailwizz_v2 <<'SQL'\n${query}\nSQL`);
const outside = (path: string) => statusFromOutside(lab, path);
const fault = (line: string) => lab.sh('vps1', `printf '%s\\n' '${line}' >> /etc/mwstub.ini`);
const noFault = () => lab.sh('vps1', `sed -i '/^license_url/!d' /etc/mwstub.ini`);
const journal = () => lab.sh('vps1', 'sha256sum < /var/lib/ee/journal.jsonl');
const kept = async () => (await lab.ee('rollback', 'vps1', '--list', '--json')).json<{ panels: KeptPanel[] }>().panels;

/** Every row and every file of the panel with its owner and mode, but for what changes by itself while it answers. */
const panel = () =>
  lab.sh(
    'vps1',
    `mariadb-dump --skip-comments --skip-dump-date --hex-blob --order-by-primary --ignore-table=mailwizz_v2.mw_session mailwizz_v2 | sha256sum
    cd ${ROOT} && find . -not -path './apps/common/runtime/*' -not -path './*/assets/cache/*' -printf '%P %y %U:%G %m\n' | sort
    find . -type f -not -path './apps/common/runtime/*' -not -path './*/assets/cache/*' -not -name .installed-by-ee -print0 | sort -z | xargs -0 sha256sum`,
  );

/** Nothing of a work that ended lies about. */
const expectTidy = async () =>
  expect(
    await lab.sh(
      'vps1',
      `ls -d ${ROOT}.* /var/lib/ee/mailwizz/under-way ${ROOT}/apps/.closed-by-ee /var/lib/ee/backups/*/mailwizz/*.part 2>/dev/null || :
      mariadb -N -e "SHOW DATABASES LIKE 'ee%'"`,
    ),
  ).toBe('');

const expectDone = async (result: EeResult) => {
  expect(result.exit, result.stdout).toBe(0);
  await expectTidy();
};

let before = '';
let folder = '';

const IDLE = '/etc/systemd/system/cron.service.d/idle.conf';

/** Cron runs, as a deployment wants it, and starts nothing: its commands would change rows in the middle of a comparison. */
async function cronIdles(): Promise<void> {
  await lab.sh(
    'vps1',
    `mkdir -p ${IDLE.slice(0, IDLE.lastIndexOf('/'))}
    printf '[Service]\\nExecStart=\\nExecStart=/bin/sleep infinity\\n' > ${IDLE}
    systemctl daemon-reload; systemctl restart cron`,
  );
}

describe('the panel of MailWizz and its data', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-release-'));
    await lab.up('packages', { hosts: ['vps1'], world: true });
    for (const args of [
      ['deploy', 'vps1'],
      ['mailwizz', 'install'],
      ['mailwizz', 'servers'],
    ]) {
      const done = await lab.ee(...args, '--yes', '--json');
      expect(done.exit, done.stdout).toBe(0);
    }
    await cronIdles();
    await sql(`SET SQL_MODE = '', FOREIGN_KEY_CHECKS = 0;
      INSERT INTO mw_customer (customer_uid, first_name, last_name, email, password, timezone, status, date_added, last_updated)
        VALUES ('ccccccccccccc', 'Zoë', 'O''Hara \\ "x"', 'zoe@example.org', 'x', 'UTC', 'active', NOW(), NOW());
      INSERT INTO mw_campaign (campaign_uid, customer_id, list_id, name, date_added, last_updated)
        VALUES ('aaaaaaaaaaaaa', 1, 1, 'Été 🌻', NOW(), NOW());
      INSERT INTO mw_option SELECT 'custom.rows', seq, RANDOM_BYTES(1000), 0, NOW(), NOW() FROM seq_1_to_300;`);
    await lab.sh(
      'vps1',
      `cd ${ROOT} && mkdir -p frontend/assets/gallery/c1 apps/extensions/of-mine
      head -c 100000 /dev/urandom > frontend/assets/gallery/c1/upload.png
      echo '<?php // mine' > apps/extensions/of-mine/Mine.php
      echo '<?php return array();' > apps/common/config/performance-levels-custom.php
      chown -R mailwizz:mailwizz frontend/assets/gallery apps/extensions; echo 'User-agent: *' > robots.txt`,
    );
    before = await panel();
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await lab.down();
  });

  it('[R46] is not replaced without the name of its database, whatever else is agreed to', async () => {
    const [was, told] = [await panel(), await journal()];
    for (const args of [['--replace'], ['--replace', '--confirm-database', 'mailwizz']]) {
      const result = await lab.ee('mailwizz', 'install', ...args, '--yes', '--json');
      expect(result.exit, result.stdout).toBe(2);
      expect(failure(result).code).toBe('MAILWIZZ_DATABASE_UNCONFIRMED');
      expect(failure(result).hint).toContain('mailwizz_v2');
    }
    const nothing = await lab.ee('mailwizz', 'install', '--yes', '--json');
    expect(nothing.json<Outcome>().status).toBe('unchanged');
    const planned = await lab.ee('mailwizz', 'install', '--replace', '--dry-run', '--json');
    expect(planned.json<Outcome>().steps?.[0]).toContain('1 row in campaign');
    const early = await lab.ee('rollback', 'vps1', '--yes', '--json');
    expect([early.exit, failure(early).code]).toEqual([2, 'ROLLBACK_NO_PANEL']);
    expect([await panel(), await journal(), await outside('/')]).toEqual([was, told, '200']);
  });

  it('[R23] [R46] makes way for an empty one, and comes back row for row and file for file', async () => {
    await lab.sh('vps1', 'runuser -u mailwizz -- setsid -f sleep 98765 </dev/null >/dev/null 2>&1');
    await expectDone(await lab.ee(...REPLACE, '--json'));
    expect(await lab.sh('vps1', `grep -lsa '[9]8765' /proc/[0-9]*/cmdline || echo none`)).toBe('none');
    expect(await sql('SELECT COUNT(*) FROM mw_campaign; SELECT COUNT(*) FROM mw_user')).toBe('0\n1');
    expect([await outside('/'), await outside('/frontend/assets/gallery/c1/upload.png')]).toEqual(['200', '404']);
    const [one, ...others] = await kept();
    expect([one?.kind, one?.database, one?.version, others]).toEqual(['replace', 'mailwizz_v2', '2.2.11', []]);
    expect(one?.kilobytes).toBeGreaterThan(500);
    const dump = `/var/lib/ee/backups/${one?.id}/mailwizz/database.sql.gz`;
    expect(await lab.sh('vps1', `stat -c '%U %a' ${dump}; gzip -t ${dump} && echo whole`)).toBe('root 600\nwhole');

    const planned = await lab.ee('rollback', 'vps1', '--dry-run', '--json');
    expect([planned.exit, planned.json<Outcome>().status]).toEqual([0, 'planned']);
    expect(planned.json<Outcome>().steps?.at(-1)).toContain(`bring back the one that run ${one?.id} replaced`);
    for (const flag of [['--overwrite-drift'], ['--drain-timeout', '60s']]) {
      const refused = await lab.ee(...BACK, ...flag, '--json');
      expect([refused.exit, failure(refused).code]).toEqual([2, 'USAGE']);
    }
    expect(await sql('SELECT COUNT(*) FROM mw_campaign')).toBe('0');

    const back = await lab.ee(...BACK, '--json');
    await expectDone(back);
    expect(back.json<Outcome>().problems).toEqual([]);
    expect(await panel()).toBe(before);
    expect(await outside('/')).toBe('200');
    // The empty one can be had again.
    expect((await kept()).map(({ kind }) => kind)).toEqual(['rollback']);
    await expectDone(await lab.ee(...BACK, '--json'));
    expect(await sql('SELECT COUNT(*) FROM mw_campaign')).toBe('0');
    await expectDone(await lab.ee(...BACK, '--json'));
    expect(await panel()).toBe(before);
  });

  it('[R23] comes back with a row as large as the server takes one', async () => {
    const large = `category = 'custom.large'`;
    await sql(`INSERT INTO mw_option VALUES ('custom.large', 'row', REPEAT('large', 5000000), 0, NOW(), NOW())`);
    const was = await panel();
    await expectDone(await lab.ee(...REPLACE, '--json'));
    await expectDone(await lab.ee(...BACK, '--json'));
    expect(await panel()).toBe(was);
    await sql(`DELETE FROM mw_option WHERE ${large}`);
    expect(await panel()).toBe(before);
  });

  it('[R46] follows another password of its database, which the next deployment gives to both', async () => {
    const deploy = async () => {
      const done = await lab.ee('deploy', 'vps1', '--yes', '--json');
      expect(done.exit, done.stdout).toBe(0);
      return done.json<{ hosts: Outcome[] }>().hosts[0]?.changes.map(({ id }) => id.split(':')[0]);
    };
    await deploy();
    await lab.withSetting('MAILWIZZ_DB_PASSWORD', 'another.Password_of:16,!@~-', async () => {
      expect(await deploy()).toEqual(['database', 'database-password']);
      expect(await outside('/')).toBe('200');
      expect(await deploy()).toEqual([]);
      expect(await lab.sh('vps1', `stat -c '%U:%G %a' ${ROOT}/apps/common/config/main-custom.php`)).toBe(
        'root:mailwizz 440',
      );
    });
    await deploy();
    expect([await panel(), await outside('/')]).toEqual([before, '200']);
  });

  describe('when a replacement is killed', () => {
    it.each(['keep the database'])('[R19] at "%s" is opened again as it was', async (said) => {
      await killedAt(lab, said, ...REPLACE);
      await expectDone(await onceFree(lab, ...BACK));
      expect(await panel()).toBe(before);
      expect(await outside('/')).toBe('200');
    });

    it('[R19] [R23] between its dump and its first change leaves nothing that a rollback would bring back', async () => {
      const there = await kept();
      const cut = { kind: 'replace', run: '20991231T235959Z-cut', by: 'a@b', phase: 'keeping' };
      const known = { ...cut, database: 'mailwizz_v2', version: '2.2.11', proven: true, at: '', bytes: 1, tables: 1 };
      await lab.sh(
        'vps1',
        `cd ${ROOT}/apps && mv .installed-by-ee .closed-by-ee
        mkdir -p /var/lib/ee/backups/${cut.run}/mailwizz && echo '${JSON.stringify(known)}' > /var/lib/ee/backups/${cut.run}/mailwizz/panel.json
        echo '${JSON.stringify(cut)}' > /var/lib/ee/mailwizz/under-way`,
      );
      expect(await kept()).toEqual(there);
      await expectDone(await lab.ee(...BACK, '--json'));
      expect([await kept(), await panel()]).toEqual([there, before]);
      expect(await lab.sh('vps1', `ls /var/lib/ee/backups/${cut.run}`)).toBe('');
    });

    it('[R19] between two web roots is left alone by a deployment, which would fill the gap', async () => {
      const cut = { kind: 'replace', run: '20991231T235959Z-cut', by: 'a@b', phase: 'changing' };
      await lab.sh(
        'vps1',
        `mv -T ${ROOT} ${ROOT}.ee-old; echo '${JSON.stringify(cut)}' > /var/lib/ee/mailwizz/under-way`,
      );
      const deployed = await lab.ee('deploy', 'vps1', '--yes', '--json');
      expect([deployed.exit, failure(deployed).code]).toEqual([1, 'MAILWIZZ_CUT']);
      await lab.sh('vps1', `mv -T ${ROOT}.ee-old ${ROOT}; rm /var/lib/ee/mailwizz/under-way`);
      expect([await panel(), await outside('/')]).toEqual([before, '200']);
    });

    it.each(['put an application without', 'empty the database', 'proving that it is empty'])(
      '[R19] at "%s" comes back, or makes way when the same command is run again',
      async (said) => {
        await killedAt(lab, said, ...REPLACE);
        const servers = await onceFree(lab, 'mailwizz', 'servers', '--yes');
        expect([servers.exit, failure(servers).code]).toEqual([1, 'MAILWIZZ_CUT']);
        expect(await outside('/')).toBe('503');
        const deployed = await lab.ee('deploy', 'vps1', '--dry-run', '--json');
        expect(deployed.json<{ warnings: string[] }>().warnings.at(-1)).toMatch(
          /^vps1: A replacement of the panel was cut: run \S+ .* `ee rollback vps1` brings back/,
        );
        if (!said.startsWith('put')) {
          const again = await onceFree(lab, 'mailwizz', 'install', '--yes');
          await expectDone(again);
          expect(await sql('SELECT COUNT(*) FROM mw_campaign')).toBe('0');
          expect(await outside('/')).toBe('200');
        }
        await expectDone(await onceFree(lab, ...BACK));
        expect(await panel()).toBe(before);
        expect(await outside('/')).toBe('200');
      },
    );

    it('[R19] and the rollback is killed as well, is brought back by the next one', async () => {
      await expectDone(await lab.ee(...REPLACE, '--json'));
      await killedAt(lab, 'bring the database', ...BACK);
      await expectDone(await onceFree(lab, ...BACK));
      expect(await panel()).toBe(before);
      expect(await outside('/')).toBe('200');
    });
  });

  describe('where the disk is full', () => {
    afterEach(() =>
      lab.sh('vps1', 'umount /var/lib/ee/backups /var/lib/ee /var/lib/mysql/mailwizz_v2 2>/dev/null || :'),
    );

    it('[R16] is not begun with, and says what it needs', async () => {
      await lab.sh(
        'vps1',
        'rm -rf /srv/ee; cp -a /var/lib/ee /srv/ee; mount -t tmpfs -o size=90m,mode=0700 tmpfs /var/lib/ee; rm -rf /srv/ee/backups; cp -a /srv/ee/. /var/lib/ee/',
      );
      const result = await lab.ee(...REPLACE, '--json');
      expect([result.exit, failure(result).code]).toEqual([1, 'MAILWIZZ_NO_SPACE']);
      expect(failure(result).message).toMatch(/vps1 has \d+ MB free for \/var\/lib\/ee; this needs \d+ MB/);
      expect([await panel(), await outside('/')]).toEqual([before, '200']);
    });

    it('[R16] [R23] stops in the dump with the reason, and is open again as it was', async () => {
      await lab.sh('vps1', 'mount -t tmpfs -o size=64k,mode=0700 tmpfs /var/lib/ee/backups');
      const result = await lab.ee(...REPLACE, '--json');
      expect(result.exit, result.stdout).toBe(1);
      expect(failure(result).message).toContain('No space left on device');
      await expectTidy();
      expect([await panel(), await outside('/')]).toEqual([before, '200']);
    });

    it('[R16] [R19] stops an installation in its import, and the next run begins anew', async () => {
      await killedAt(lab, 'make the tables', ...REPLACE);
      await lab.sh('vps1', `mariadb -e 'SELECT 1' > /dev/null`);
      await lab.until('vps1', 'flock -n /run/ee.lock true');
      await lab.sh(
        'vps1',
        `mariadb -e 'DROP DATABASE mailwizz_v2; CREATE DATABASE mailwizz_v2'
        mount -t tmpfs -o size=300k,uid=$(id -u mysql),gid=$(id -g mysql),mode=0700 tmpfs /var/lib/mysql/mailwizz_v2`,
      );
      const full = await lab.ee('mailwizz', 'install', '--yes', '--json');
      expect(full.exit, full.stdout).toBe(1);
      expect(failure(full).message).toMatch(/No more room|is full|No space left/);
      await lab.sh('vps1', `systemctl stop mariadb; umount /var/lib/mysql/mailwizz_v2; systemctl start mariadb`);
      await expectDone(await lab.ee('mailwizz', 'install', '--yes', '--json'));
      await expectDone(await lab.ee(...BACK, '--json'));
      expect(await panel()).toBe(before);
    });
  });

  describe('with a release of its vendor', () => {
    const upgrade = (file: string, ...args: string[]) =>
      lab.ee('mailwizz', 'upgrade', file, '--yes', '--json', ...args);
    const upgraded = async () => {
      expect(
        await sql(
          `SELECT value FROM mw_option WHERE \`key\` = 'version'; SELECT note FROM mw_campaign; SELECT COUNT(*) FROM mw_campaign_note`,
        ),
      ).toBe('2.3.0\nupgraded\n0');
      expect(
        await lab.sh(
          'vps1',
          `cd ${ROOT} && ls -d apps/common/new-in-2.3.0.php apps/extensions/of-mine/Mine.php robots.txt install 2>&1 | head -n 4; stat -c '%U:%G %a' apps/common/config/main-custom.php frontend/assets/gallery/c1/upload.png apps/common`,
        ),
      ).toBe(
        "ls: cannot access 'install': No such file or directory\napps/common/new-in-2.3.0.php\napps/extensions/of-mine/Mine.php\nrobots.txt\nroot:mailwizz 440\nmailwizz:mailwizz 644\nroot:root 755",
      );
      const foreign =
        'apps/console/config/main-custom.php apps/init-custom.php frontend/assets/gallery/old.png backup.zip';
      expect(await lab.sh('vps1', `cd ${ROOT} && ls -d ${foreign} 2>/dev/null || :`)).toBe('');
      expect([
        await outside('/'),
        await outside('/frontend/assets/gallery/c1/upload.png'),
        await outside('/install/index.php'),
      ]).toEqual(['200', '200', '404']);
    };
    let newer = '';
    beforeAll(async () => {
      // As somebody packs it from a system that runs: with its configuration, uploads and stray archives.
      newer = await release(folder, '2.3.0', (entries) => [
        ...entries,
        ...[
          'apps/console/config/main-custom.php',
          'apps/common/config/main-custom.php',
          'apps/init-custom.php',
          'frontend/assets/gallery/old.png',
          'backup.zip',
        ].map((path) => ({ path: `mailwizz-2.3.0/${path}`, mode: 0o644, content: Buffer.from('<?php exit(1);') })),
      ]);
    });
    afterEach(noFault);

    it('[R19] refuses one that is not newer, another layout and unsafe members, before anything is changed', async () => {
      const told = await journal();
      const same = await upgrade(await release(folder, '2.2.11'));
      expect([same.exit, same.json<Outcome>().status, same.json<Outcome>().changes]).toEqual([0, 'unchanged', []]);
      const older = await upgrade(await release(folder, '2.2.9'));
      expect([older.exit, failure(older).code]).toEqual([2, 'MAILWIZZ_NOT_NEWER']);
      const climbing = await release(folder, '2.3.1', (entries) => [
        ...entries,
        { path: '../../etc/cron.d/x', mode: 0o644, content: Buffer.from('x') },
      ]);
      const other = await release(folder, '2.3.2', (entries) =>
        entries.filter(({ path }) => !path.endsWith('apps/init.php')),
      );
      for (const file of [climbing, other, join(folder, 'none.tar.gz'), join(lab.folder, 'known_hosts')]) {
        const result = await upgrade(file);
        expect([result.exit, failure(result).code]).toEqual([2, 'MAILWIZZ_RELEASE_UNFIT']);
      }
      const planned = await upgrade(newer, '--dry-run');
      expect([planned.exit, planned.json<Outcome>().status]).toEqual([0, 'planned']);
      expect([await panel(), await journal()]).toEqual([before, told]);
    });

    it('[R23] is upgraded with what is its own, and goes back to the version that it was', async () => {
      await expectDone(await upgrade(await vendorsRelease(folder, '2.3.0')));
      await upgraded();
      const deployed = await lab.ee('deploy', 'vps1', '--dry-run', '--json');
      expect(deployed.json<{ hosts: Outcome[] }>().hosts[0]?.changes).toEqual([]);

      await expectDone(await lab.ee(...BACK, '--json'));
      expect(await panel()).toBe(before);
      expect(await outside('/')).toBe('200');
    });

    it('[R19] is taken back at once where the application cannot update its database', async () => {
      await fault('fail_update_at=3');
      const result = await upgrade(newer);
      expect([result.exit, failure(result).code]).toEqual([1, 'MAILWIZZ_UPGRADE_FAILED']);
      expect(failure(result).message).toContain('THE TEST ASKED FOR A FAILURE HERE');
      await expectTidy();
      expect([await panel(), await outside('/')]).toEqual([before, '200']);
    });

    it('[R50] hands nothing of root to PHP, which put a link in the place of its configuration', async () => {
      const own = `${ROOT}/apps/common/config/performance-levels-custom.php`;
      const shadow = () => lab.sh('vps1', `stat -c '%U:%G %a' /etc/shadow`);
      await lab.sh('vps1', `cp -a ${own} /root/own; runuser -u mailwizz -- ln -sf /etc/shadow ${own}`);
      const result = await upgrade(newer);
      expect([result.exit, failure(result).code]).toEqual([1, 'MAILWIZZ_UPGRADE_FAILED']);
      expect(failure(result).message).toContain('performance-levels-custom.php of the panel is no file but a link');
      expect(await shadow()).toBe('root:shadow 640');
      await expectTidy();
      await lab.sh('vps1', `rm ${own}; mv /root/own ${own}`);
      expect([await panel(), await outside('/')]).toEqual([before, '200']);
    });

    it('[R50] hands nothing of root to PHP, whose crontab swaps folders for links meanwhile; that is set aside and named', async () => {
      const crontab = '/var/spool/cron/crontabs/mailwizz';
      const uploads = `${ROOT}/frontend/assets/files`;
      // renameat2(2) with RENAME_EXCHANGE: a folder that is there at every moment, and a link at every other.
      const swap = `perl -e 'chdir "${uploads}" or exit; while (1) { for (1 .. 20) { syscall(316, -100, "swap-$_", -100, "link-$_", 2) } }'`;
      await lab.sh(
        'vps1',
        `mkdir /etc/canary; (umask 077; echo CANARY-of-root > /etc/canary/shadow)
        for n in $(seq 20); do mkdir ${uploads}/swap-$n; echo mine > ${uploads}/swap-$n/shadow; ln -s /etc/canary ${uploads}/link-$n; done
        (cd ${uploads}; seq -f 'swap-1/%g' 2000 | xargs touch; chown -Rh mailwizz: .)
        cat > /usr/local/lib/swap.sh <<'SWAP'\n${swap}\nSWAP
        echo '* * * * * /bin/sh /usr/local/lib/swap.sh' > ${crontab}; chown mailwizz:crontab ${crontab}; chmod 0600 ${crontab}
        runuser -u mailwizz -- setsid -f sh /usr/local/lib/swap.sh </dev/null >/dev/null 2>&1`,
      );
      const planned = await upgrade(newer, '--dry-run');
      expect(planned.json<Outcome>().steps?.[0]).toContain(crontab);

      const done = await upgrade(newer);
      await expectDone(done);
      const [first] = done.json<{ changes: { id: string; summary: string }[] }>().changes.slice(1);
      expect([first?.id, first?.summary]).toEqual(['schedules:mailwizz', expect.stringContaining(crontab)]);
      expect(await lab.sh('vps1', `cat /etc/canary/shadow; stat -c '%a %U:%G' /etc/canary /etc/canary/shadow`)).toBe(
        'CANARY-of-root\n755 root:root\n600 root:root',
      );
      const readable = `runuser -u mailwizz -- grep -rls CANARY-of-root ${ROOT} /var/lib/ee | wc -l`;
      expect(
        await lab.sh('vps1', `${readable}; grep -c swap.sh /var/lib/ee/backups/*${crontab}; ls ${crontab} 2>&1 || :`),
      ).toBe(`0\n1\nls: cannot access '${crontab}': No such file or directory`);
      expect(await lab.sh('vps1', `runuser -u mailwizz -- crontab -l 2>&1 || :`)).toContain('not allowed');
      // Root's own schedule for the panel goes on.
      const ran = 'SELECT COUNT(*) FROM mw_console_command_history';
      const until = await sql(ran);
      await lab.sh('vps1', `rm ${IDLE}; systemctl daemon-reload; systemctl restart cron`);
      await lab.until('vps1', `[ "$(mariadb -N mailwizz_v2 -e '${ran}')" -gt ${until} ]`, 150);

      await cronIdles();
      await expectDone(await lab.ee(...BACK, '--json'));
      await lab.sh('vps1', `rm -rf ${uploads}/swap-* ${uploads}/link-* /usr/local/lib/swap.sh /etc/canary`);
      expect([await panel(), await outside('/')]).toEqual([before, '200']);
    });

    it.each([
      ['bring MailWizz 2.3.0', 'upgrade'],
      ['put MailWizz 2.3.0 into place', 'rollback'],
      ['let MailWizz bring its database', 'upgrade'],
      ['let MailWizz bring its database', 'rollback'],
      ['MailWizz 2.3.0 answers as it must', 'rollback'],
    ])('[R19] is killed at "%s", and the %s leaves nothing half done', async (said, next) => {
      if (said.startsWith('let')) await fault('slow_update=2');
      await killedAt(lab, said, 'mailwizz', 'upgrade', newer, '--yes');
      await noFault();
      if (next === 'upgrade') {
        await expectDone(await onceFree(lab, 'mailwizz', 'upgrade', newer, '--yes'));
        await upgraded();
      }
      await expectDone(await onceFree(lab, ...BACK));
      expect(await panel()).toBe(before);
      expect(await outside('/')).toBe('200');
    });
  });
});
