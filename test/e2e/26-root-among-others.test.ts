import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openState } from '../../src/lib/converge/journal.js';
import { BACKUPS } from '../../src/lib/converge/paths.js';
import { archive } from '../../src/lib/converge/resources/archive.js';
import { directory } from '../../src/lib/converge/resources/directory.js';
import { file } from '../../src/lib/converge/resources/file.js';
import { TIGHTEN } from '../../src/lib/deploy/mailwizz/finish.js';
import { BESIDE, keptPlaces } from '../../src/lib/deploy/mailwizz/panel/places.js';
import {
  emptyCopyScript,
  exchangeScript,
  retireScript,
  swapScript,
  unswapScript,
} from '../../src/lib/deploy/mailwizz/panel/web-root.js';
import { placeScript } from '../../src/lib/deploy/mailwizz/upgrade-scripts.js';
import { CLOSED_MARK, CONFIG_FILE, WRITABLE_FOLDERS } from '../../src/lib/mailwizz/layout.js';
import { prepareApplication } from '../../src/lib/mailwizz/prepare.js';
import { WEB_ROOT, WEB_USER } from '../../src/lib/roles/mailwizz.js';
import { KEEP_CONFIGURATION } from '../../src/lib/roles/panel-configuration.js';
import { noSchedules } from '../../src/lib/roles/panel-schedules.js';
import { attempt, harms, onRacingHost, said, times } from '../support/racing-host.js';

const run = { id: '20261127T220501Z-fd2492', by: 'a@b' };
const kept = keptPlaces(run.id);
const other = keptPlaces('20261127T220502Z-fd2492');
const at = (root: string) => WRITABLE_FOLDERS.map((folder) => `${root}/${folder}`).join(' ');
const uploads = 'frontend/assets/files';
const own = `apps/extensions/mine`;

/** Shell that makes an installed panel, closed, and what a run has kept of it. Its user has folders to swap. */
const panel = `
rm -rf ${WEB_ROOT} ${WEB_ROOT}.* ${BACKUPS}/*
mkdir -p ${at(WEB_ROOT)} ${WEB_ROOT}/apps/console ${kept.folder} ${other.folder}
echo code > ${WEB_ROOT}/apps/init.php; : > ${WEB_ROOT}/${CLOSED_MARK}; echo all > ${WEB_ROOT}/robots.txt
echo configured > ${WEB_ROOT}/${CONFIG_FILE}
mkdir ${WEB_ROOT}/${own}; chown -R ${WEB_USER}: ${at(WEB_ROOT)}
chown root:${WEB_USER} ${WEB_ROOT}/${CONFIG_FILE}; chmod 0440 ${WEB_ROOT}/${CONFIG_FILE}
swappable ${WEB_ROOT}/${uploads}; swappable ${WEB_ROOT}/${own}
echo picture > ${WEB_ROOT}/${uploads}/picture; echo mine > ${WEB_ROOT}/${own}/Mine.php; chown ${WEB_USER}: ${WEB_ROOT}/${uploads}/picture ${WEB_ROOT}/${own}/Mine.php
chmod 0666 ${WEB_ROOT}/${uploads}/picture
echo '{}' > ${kept.description}`;

/** Shell that puts a release beside it, as the upgrade does. */
const release = `
mkdir -p -m 0700 "$(dirname ${BESIDE.part})"; mkdir -m 0755 ${BESIDE.part}
mkdir -p ${at(BESIDE.part)}
echo newer > ${BESIDE.part}/apps/init.php`;

/** Where the panel's user swaps: in its panel, and wherever root takes that. */
const racing = `racing ${[
  WEB_ROOT,
  BESIDE.part,
  BESIDE.former,
  BESIDE.next,
  BESIDE.back,
  `${WEB_ROOT}.ee-part`,
  `${WEB_ROOT}.ee-old`,
]
  .flatMap((root) => [`${root}/${uploads}`, `${root}/${own}`])
  .join(' ')}`;

/** What of the panel is where: each path with its owner, mode and content. */
const look = (...paths: string[]) =>
  `for path in ${paths.join(' ')}; do printf 'is: %s %s %s\\n' "\${path#/var/}" "$(stat -c '%U:%G %a' "$path")" "$(cat "$path" 2>/dev/null)"; done; ls -d ${WEB_ROOT}.* 2>/dev/null`;
const seen = (output: string) => [...new Set(said(output, 'is: '))].sort();

describe('while a user of the host swaps folders for links to what is root’s', () => {
  it('[R50] an upgrade gives nothing of root to PHP, and brings what is the panel’s', async () => {
    const output = await onRacingHost(
      times(6, [
        panel,
        release,
        racing,
        attempt(placeScript(kept, '8.2')),
        'calm; harm',
        look(
          ...['apps/init.php', 'robots.txt', CONFIG_FILE, CLOSED_MARK, `${uploads}/picture`, `${own}/Mine.php`].map(
            (path) => `${WEB_ROOT}/${path}`,
          ),
          kept.webRoot,
        ),
      ]),
    );
    expect(harms(output)).toEqual([]);
    expect(seen(output)).toEqual([
      `lib/ee/backups/${run.id}/mailwizz/web-root root:root 755 `,
      'www/mailwizz/apps/.closed-by-ee root:root 644 ',
      'www/mailwizz/apps/common/config/main-custom.php root:mailwizz 440 configured',
      'www/mailwizz/apps/extensions/mine/Mine.php mailwizz:mailwizz 644 mine',
      'www/mailwizz/apps/init.php root:root 644 newer',
      'www/mailwizz/frontend/assets/files/picture mailwizz:mailwizz 644 picture',
      'www/mailwizz/robots.txt root:root 644 all',
    ]);
  });

  it('[R50] [R23] an upgrade names a file of root’s among the uploads, hands it to nobody, and is taken back', async () => {
    const secret = `${WEB_ROOT}/${uploads}/of-root.txt`;
    const output = await onRacingHost(
      times(1, [
        `${panel}\n${release}\necho mine > ${secret}; chmod 0600 ${secret}`,
        attempt(placeScript(kept, '8.2')),
        attempt(unswapScript(kept, '8.2')),
        look(secret, `${WEB_ROOT}/apps/init.php`),
      ]),
    );
    expect(harms(output)).toEqual([
      'failed',
      expect.stringContaining('tar: ./of-root.txt: Cannot open: Permission denied'),
      expect.stringContaining('Exiting with failure status'),
      expect.stringContaining('frontend/assets/files has what mailwizz cannot read'),
    ]);
    expect(seen(output)).toEqual([
      'www/mailwizz/apps/init.php root:root 644 code',
      'www/mailwizz/frontend/assets/files/of-root.txt root:root 600 mine',
    ]);
  });

  it('[R50] a replacement gives nothing of root to PHP, nor does the way back', async () => {
    const output = await onRacingHost(
      times(6, [
        panel,
        racing,
        attempt([retireScript(kept, '8.2'), emptyCopyScript(), swapScript(kept)].join('\n')),
        'harm',
        look(`${WEB_ROOT}/apps/init.php`, `${WEB_ROOT}/${own}/Mine.php`),
        `[ ! -e ${WEB_ROOT}/${CONFIG_FILE} ] && [ ! -e ${WEB_ROOT}/${uploads}/picture ] || echo 'not empty'`,
        attempt(exchangeScript(kept, other, '8.2')),
        'calm; harm',
        look(`${WEB_ROOT}/${uploads}/picture`, other.webRoot),
      ]),
    );
    expect(harms(output)).toEqual([]);
    expect(seen(output)).toEqual([
      `lib/ee/backups/20261127T220502Z-fd2492/mailwizz/web-root root:root 755 `,
      'www/mailwizz/apps/extensions/mine/Mine.php mailwizz:mailwizz 644 mine',
      'www/mailwizz/apps/init.php root:root 644 code',
      'www/mailwizz/frontend/assets/files/picture mailwizz:mailwizz 666 picture',
    ]);
  });

  it('[R50] what is kept on another file system, and comes back from there, holds nothing of root’s beside', async () => {
    const output = await onRacingHost(
      `mount -t tmpfs -o mode=0700 tmpfs ${BACKUPS}\n` +
        times(6, [
          panel,
          release,
          racing,
          attempt(placeScript(kept, '8.2')),
          `grep -rls CANARY ${BACKUPS} | head -n 1 | sed 's/^/kept: /'`,
          attempt(unswapScript(kept, '8.2')),
          'calm; harm',
          look(WEB_ROOT, `${WEB_ROOT}/${uploads}/picture`),
        ]),
    );
    expect(harms(output)).toEqual([]);
    expect(seen(output)).toEqual([
      'www/mailwizz root:root 755 ',
      'www/mailwizz/frontend/assets/files/picture mailwizz:mailwizz 666 picture',
    ]);
  });

  it('[R50] an installation closes what it left open, and keeps its configuration, and neither touches what is root’s', async () => {
    const output = await onRacingHost(
      times(6, [
        panel,
        racing,
        attempt(`${openState(run)}\n${KEEP_CONFIGURATION}\n${TIGHTEN}`),
        'calm; harm',
        look(
          `${WEB_ROOT}/${CONFIG_FILE}`,
          `${WEB_ROOT}/${uploads}/picture`,
          `${BACKUPS}/${run.id}${WEB_ROOT}/${CONFIG_FILE}`,
        ),
      ]),
    );
    expect(harms(output)).toEqual([]);
    expect(seen(output)).toEqual([
      `lib/ee/backups/${run.id}/var/www/mailwizz/${CONFIG_FILE} root:root 600 configured`,
      `www/mailwizz/${CONFIG_FILE} root:mailwizz 440 configured`,
      'www/mailwizz/frontend/assets/files/picture mailwizz:mailwizz 644 picture',
    ]);
  });
});

it('[R50] nobody but root enters an application before it takes its place', async () => {
  const sha256 = 'a'.repeat(64);
  const entered = `if as_other ls ${WEB_ROOT}.ee-new/apps >/dev/null 2>&1; then echo entered >&3; fi`;
  const { script } =
    archive({
      ...{ path: WEB_ROOT, file: 'app.tar.gz', bytes: 1, sha256, root: '', stripDepth: 0, contains: 'apps/init.php' },
      prepare: `${prepareApplication('/var/lib/ee/set-aside', WEB_USER)}\n${entered}`,
    }).diff(Buffer.from('free\n')) ?? {};
  const output = await onRacingHost(`
mkdir -p /var/app/apps/extensions/mine /var/lib/ee/staging; echo code > /var/app/apps/init.php; chmod -R a+w /var/app
tar -czf /var/lib/ee/staging/${sha256}.tar.gz -C /var/app .
exec 3>&1\n${attempt(script ?? 'false')}
for path in . apps apps/init.php apps/extensions/mine; do stat -c "is: $path %a %U:%G" ${WEB_ROOT}/$path; done`);
  expect(harms(output)).toEqual([]);
  expect(said(output, 'is: ')).toEqual([
    '. 755 root:root',
    'apps 755 root:root',
    'apps/init.php 644 root:root',
    'apps/extensions/mine 755 mailwizz:mailwizz',
  ]);
});

describe('in a folder that belongs to another user', () => {
  const owner = `${WEB_USER}:${WEB_USER}`;
  const wanted = file({ path: '/etc/app/app.conf', content: 'ours\n', mode: '0640', owner });
  const sum = createHash('sha256').update('ours\n').digest('hex');
  const scripts = {
    'writes a file': wanted.diff(Buffer.from('absent\n'))?.script,
    'gives a file its owner and mode': wanted.diff(Buffer.from(`file 600 root:root\nsha256 ${sum}\n`))?.script,
    'gives a folder its owner and mode': directory('/etc/app/folder', '0750', owner).diff(
      Buffer.from('directory|755|root:root\n'),
    )?.script,
  };

  it('[R50] none of it reads, changes or gives away what is root’s', async () => {
    const made = Object.values(scripts).map((script) => `( set -eu\n${openState(run)}\n${script}\n) >/dev/null 2>&1`);
    const output = await onRacingHost(
      `mkdir -p /etc/app/folder; echo mine > /etc/app/app.conf; echo mine > /etc/app/folder/shadow; chown -R ${owner} /etc/app
      racing_in /etc/app\n${times(40, [
        // What the other user spoils may fail.
        ...made,
        `harm; find ${BACKUPS} -type f -name shadow; as_other grep -ls CANARY /etc/app/* 2>/dev/null | sed 's/^/readable for others: /'; rm -rf ${BACKUPS}/*`,
      ])}\ncalm`,
    );
    expect(harms(output)).toEqual([]);
  });

  it('[R23] each does what it should while nobody races', async () => {
    const output = await onRacingHost(`
mkdir /etc/app; mkdir /etc/app/folder; echo mine > /etc/app/app.conf; chown -R ${owner} /etc/app
${attempt(`${openState(run)}\n${scripts['writes a file']}`)}
stat -c 'is: %n %a %U:%G' /etc/app/app.conf; chown root: /etc/app/app.conf /etc/app/folder; chmod 0600 /etc/app/app.conf
${attempt(`${openState(run)}\n${scripts['gives a file its owner and mode']}`)}
${attempt(`${openState(run)}\n${scripts['gives a folder its owner and mode']}`)}
stat -c 'is: %n %a %U:%G' /etc/app/app.conf /etc/app/folder; ls -A /etc/app | sed 's/^/is: /'; cat /etc/app/app.conf ${BACKUPS}/${run.id}/etc/app/app.conf | sed 's/^/is: /'`);
    expect(harms(output)).toEqual([]);
    expect(said(output, 'is: ')).toEqual([
      `/etc/app/app.conf 640 ${owner}`,
      `/etc/app/app.conf 640 ${owner}`,
      `/etc/app/folder 750 ${owner}`,
      'app.conf',
      'folder',
      'ours',
      'mine',
    ]);
  });
});

describe('the schedules of the panel’s user', () => {
  const { id, probe, diff } = noSchedules(WEB_USER);
  const crontab = `/var/spool/cron/crontabs/${WEB_USER}`;
  const job = '/var/spool/cron/atjobs/a00001019f1d2c';
  const linger = `/var/lib/systemd/linger/${WEB_USER}`;
  const script = diff(Buffer.from('may /etc/cron.deny\n'))?.script ?? 'false';
  const there = `
rm -f /etc/cron.allow /etc/cron.deny /etc/at.allow /etc/at.deny; rm -rf ${BACKUPS}/*; mkdir -p /var/spool/cron/atjobs /var/lib/systemd/linger
echo '* * * * * mine' > ${crontab}; echo mine > ${job}; : > ${linger}; echo theirs > ${job}x; chown ${WEB_USER}: ${crontab} ${job}`;

  it('[R50] are set aside and named, and no other may come; those of root and of others stay', async () => {
    const output = await onRacingHost(`${there}
printf 'other' > /etc/at.deny
(\n${probe}\n) | sed 's/^/is: before: /'
${attempt(`${openState(run)}\n${script}`)}
(\n${probe}\n) | sed 's/^/is: after: /'
cat ${BACKUPS}/${run.id}${crontab} ${BACKUPS}/${run.id}${job} | sed 's/^/is: kept: /'
for list in cron at; do tr '\\n' ' ' < /etc/$list.deny | sed "s/^/is: $list: /"; echo; done
stat -c 'is: %a' /etc/cron.deny; ls ${job}x`);
    expect(said(output, 'is: before: ').sort()).toEqual(
      [`found ${linger}`, `found ${job}`, `found ${crontab}`, 'may /etc/at.deny', 'may /etc/cron.deny'].sort(),
    );
    expect(said(output, 'is: ').filter((line) => !line.startsWith('before'))).toEqual([
      'kept: * * * * * mine',
      'kept: mine',
      'cron: mailwizz ',
      'at: other mailwizz ',
      '644',
    ]);
    expect(harms(output)).toEqual([`${job}x`]);
    const named = diff(Buffer.from(said(output, 'is: before: ').join('\n')))?.summary;
    for (const path of [crontab, job, linger]) expect(named).toContain(path);
    expect([id, diff(Buffer.from('\n'))]).toEqual(['schedules:mailwizz', undefined]);
  });

  it('[R50] are not allowed where a list names who may', async () => {
    const output = await onRacingHost(`${there}
printf 'root\\nmailwizz\\nother\\n' > /etc/cron.allow
${attempt(`${openState(run)}\n${script}`)}
(\n${probe}\n); tr '\\n' ' ' < /etc/cron.allow; ls /etc/cron.deny /etc/at.deny 2>&1 | grep -vc 'No such' || :`);
    expect(output).toBe('root other 0');
  });
});
