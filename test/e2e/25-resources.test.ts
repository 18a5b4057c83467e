import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchScript } from '../../src/lib/converge/apply.js';
import { converge } from '../../src/lib/converge/converge.js';
import type { ConvergeEvent } from '../../src/lib/converge/events.js';
import { hostFacts } from '../../src/lib/converge/host-facts.js';
import { reload } from '../../src/lib/converge/handlers.js';
import { lock, underLock } from '../../src/lib/converge/lock.js';
import type { LockedHost } from '../../src/lib/converge/locked-host.js';
import { changesOf, plan } from '../../src/lib/converge/plan.js';
import type { Resource, Stage } from '../../src/lib/converge/resource.js';
import { absent } from '../../src/lib/converge/resources/absent.js';
import { addresses } from '../../src/lib/converge/resources/addresses.js';
import { archive } from '../../src/lib/converge/resources/archive.js';
import { directory } from '../../src/lib/converge/resources/directory.js';
import { file } from '../../src/lib/converge/resources/file.js';
import { link } from '../../src/lib/converge/resources/link.js';
import { mariadbDatabase } from '../../src/lib/converge/resources/mariadb.js';
import { packages } from '../../src/lib/converge/resources/packages.js';
import { service } from '../../src/lib/converge/resources/service.js';
import { systemUser } from '../../src/lib/converge/resources/user.js';
import { describeLacking, labDown, labPlace, labUp, lacking } from '../../src/lib/lab/lab.js';
import { prepareApplication } from '../../src/lib/mailwizz/prepare.js';
import { firewall } from '../../src/lib/roles/firewall.js';
import { MARIADB } from '../../src/lib/roles/services.js';
import { Secret } from '../../src/lib/secret.js';
import { loadSettings } from '../../src/lib/settings/load.js';
import type { HostAccess } from '../../src/lib/settings/settings.js';
import { connect } from '../../src/lib/ssh/connect.js';
import type { Host } from '../../src/lib/ssh/host.js';
import { labPackages } from '../../src/lib/roles/lab-packages.js';

const NAME = 't-res';
const { obstacles } = await lacking();
const reason = describeLacking({ obstacles, packages: [] });
if (reason !== undefined && process.env['EE_REQUIRE_LAB'] === '1') throw new Error(`No lab here: ${reason}`);

describe.skipIf(reason !== undefined)(`resources on a real host${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let access: HostAccess;
  let host: Host;
  let runs = 0;
  let run = { id: '', by: '' };

  beforeAll(async () => {
    await labUp({ name: NAME, from: 'packages', hosts: ['vps1'], packages: labPackages() }, () => undefined);
    access = (await loadSettings(labPlace(NAME).settingsFile)).hosts.vps1;
    host = await connect(access);
  });
  afterAll(async () => {
    await host?.close();
    await labDown({ name: NAME }, () => undefined);
  });

  /** Runs a script that must succeed, and gives what it printed. */
  async function sh(script: string): Promise<string> {
    const { code, stdout, stderr } = await host.run(script);
    if (code !== 0) throw new Error(`exit ${code}: ${stdout.toString()}${stderr.toString()}`);
    return stdout.toString('utf8').trimEnd();
  }

  const stage = (...resources: Resource[]): Stage => ({ name: 'test', resources });
  const planned = async (...resources: Resource[]) => changesOf(await plan(host, [stage(...resources)]));

  /** One run of its own, as `ee deploy` makes it. Gives the summaries of what was changed. */
  async function make(
    resources: Resource[],
    options: { signal?: AbortSignal; emit?: (event: ConvergeEvent) => void } = {},
  ) {
    run = { id: `20260101T000000Z-${String((runs += 1)).padStart(4, '0')}`, by: 'alice@example.com' };
    const first = await plan(host, [stage(...resources)]);
    const made = await underLock(host, run, (locked) =>
      converge(locked, first, {
        run,
        emit: options.emit ?? (() => undefined),
        ...(options.signal ? { signal: options.signal } : {}),
      }),
    );
    return made.map(({ summary }) => summary);
  }

  const backup = (path: string) => `/var/lib/ee/backups/${run.id}${path}`;

  /** Creates, proves that a second look finds nothing to do, breaks by hand, and proves that the next run repairs. */
  async function livesThrough(resource: Resource, drift: string): Promise<void> {
    expect(await make([resource])).toHaveLength(1);
    expect(await planned(resource)).toEqual([]);
    await sh(drift);
    expect(await make([resource])).toHaveLength(1);
    expect(await planned(resource)).toEqual([]);
  }

  describe('each kind is made, left alone when it is right, and repaired when it is not', () => {
    it('[R20] a directory', async () => {
      const wanted = directory("/srv/a b/it's", '0750', 'root:mail');
      await livesThrough(wanted, `chmod 777 "/srv/a b/it's"; chown root:root "/srv/a b/it's"`);
      expect(await sh(`stat -c '%a %U:%G' "/srv/a b/it's"`)).toBe('750 root:mail');
    });

    it('[R20] a file, whatever its bytes are', async () => {
      const bytes = Buffer.from([
        ...Array(256).keys(),
        10,
        ...Buffer.from('EE_CONTENT\nEE_REVERT\ncontent\n$HOME `id`'),
      ]);
      const wanted = file({ path: '/srv/any bytes', content: bytes, mode: '0640', owner: 'root:mail' });
      await livesThrough(wanted, `echo x >> '/srv/any bytes'`);
      expect(await sh(`sha256sum < '/srv/any bytes'`)).toBe(`${createHash('sha256').update(bytes).digest('hex')}  -`);
      await livesThrough(file({ path: '/srv/empty', content: '', mode: '0600' }), 'echo x > /srv/empty');
    });

    it('[R20] the owner and the mode of a file', async () => {
      const wanted = file({ path: '/srv/mode', content: 'x\n', mode: '0600' });
      await livesThrough(wanted, 'chmod 666 /srv/mode; chown mail:mail /srv/mode');
      expect(await sh(`stat -c '%a %U:%G' /srv/mode`)).toBe('600 root:root');
    });

    it('[R31] a file too large for a script, through an upload of which nothing stays', async () => {
      const wanted = file({ path: '/srv/large', content: Buffer.alloc(300_000, 'large '), mode: '0644' });
      await livesThrough(wanted, 'truncate -s 10 /srv/large');
      expect(await sh('stat -c %s /srv/large; ls -A /var/lib/ee/staging; stat -c %a /var/lib/ee/staging')).toBe(
        '300000\n700',
      );
    });

    it('[R20] a link', async () => {
      await livesThrough(link('/srv/link', '/srv/mode'), 'ln -sfn /etc/passwd /srv/link');
      expect(await sh('readlink /srv/link')).toBe('/srv/mode');
      expect(await sh(`readlink ${backup('/srv/link')}`)).toBe('/etc/passwd');
    });

    it('[R23] a thing that must not be there goes to the backups', async () => {
      await sh('echo precious > /srv/unwanted');
      expect(await make([absent({ path: '/srv/unwanted' })])).toEqual(['remove /srv/unwanted']);
      expect(await sh(`[ ! -e /srv/unwanted ] && cat ${backup('/srv/unwanted')}`)).toBe('precious');
      expect(await planned(absent({ path: '/srv/unwanted' }))).toEqual([]);
    });

    it('[R20] a user', async () => {
      await livesThrough(systemUser('ee-test', '/nonexistent'), 'userdel ee-test');
      expect(await sh('getent passwd ee-test | cut -d: -f6,7')).toBe('/nonexistent:/usr/sbin/nologin');
    });

    it('[R43] packages, without questions and without starting what they bring', async () => {
      const wanted = packages('test', ['tree', 'nftables', 'mariadb-server']);
      await sh('DEBIAN_FRONTEND=noninteractive apt-get -qq -y purge tree >/dev/null 2>&1 || :');
      expect((await make([wanted]))[0]).toMatch(/^install tree/);
      expect(await planned(wanted)).toEqual([]);
      expect(await sh('tree --version | head -c 4; ls /usr/sbin/policy-rc.d 2>&1 | grep -c "No such file"')).toBe(
        'tree1',
      );
      await sh('DEBIAN_FRONTEND=noninteractive apt-get -qq -y purge tree >/dev/null');
      expect(await make([wanted])).toEqual(['install tree']);
    });

    it('[R20] a service', async () => {
      await sh('systemctl disable -q --now mariadb 2>/dev/null');
      await livesThrough(service(MARIADB), 'systemctl disable -q --now mariadb 2>/dev/null');
      expect(await sh('systemctl is-enabled mariadb; systemctl is-active mariadb')).toBe('enabled\nactive');
    });

    it('[R74] addresses on the interface, now and after a restart of the network', async () => {
      const facts = await hostFacts(host);
      const wanted = addresses({
        interface: facts.interface,
        addresses: ['192.0.2.11', '192.0.2.12'],
        manager: facts.network,
      });
      const seen = `ip -o -4 address show dev ${facts.interface} | grep -o '192\\.0\\.2\\.[0-9/]*'`;
      await make(wanted);
      expect(await planned(...wanted)).toEqual([]);
      expect(await sh(seen)).toBe('192.0.2.11/32\n192.0.2.12/32');
      await sh(`ip address delete 192.0.2.12/32 dev ${facts.interface}`);
      expect((await planned(...wanted)).map(({ summary }) => summary)).toEqual([
        `put ${wanted.at(-1)?.id.slice('file:'.length)} into force`,
      ]);
      await make(wanted);
      expect(await sh(seen)).toBe('192.0.2.11/32\n192.0.2.12/32');
      await sh('systemctl restart systemd-networkd; networkctl reload; sleep 2');
      expect(await sh(seen)).toBe('192.0.2.11/32\n192.0.2.12/32');
    });
  });

  describe('a MariaDB database', () => {
    const wanted = (password: string) =>
      mariadbDatabase({ name: 'shop', user: 'shopkeeper', password: new Secret(password) });
    const login = (password: string) =>
      sh(`mariadb -u shopkeeper --password=${password} -N shop -e 'SELECT CURRENT_USER()' 2>&1 || :`);

    it('[R40] is made empty, and a second run keeps password and data', async () => {
      expect(await make([wanted('Se:cret-1')])).toEqual(['create the empty database shop']);
      expect(await sh('mariadb -N -e "SHOW TABLES" shop')).toBe('');
      await sh('mariadb shop -e "CREATE TABLE t (id INT); INSERT INTO t VALUES (7)"');
      expect(await planned(wanted('Se:cret-1'))).toEqual([]);
      expect(await login('Se:cret-1')).toBe('shopkeeper@localhost');
    });

    it('[R40] gets another password only where the settings have another, and keeps its data', async () => {
      expect(await make([wanted('other~2')])).toEqual([
        'give shopkeeper access to the database shop, and to nothing else',
      ]);
      expect(await login('other~2')).toBe('shopkeeper@localhost');
      expect(await login('Se:cret-1')).toContain('Access denied');
      expect(await sh('mariadb -N shop -e "SELECT id FROM t"')).toBe('7');
    });

    it('takes a password of any characters, in its option file and in its statement', async () => {
      const nasty = `a"b\\n'c#d;e $(id) \`id\` {f}`;
      await make([wanted(nasty)]);
      expect(await planned(wanted(nasty))).toEqual([]);
    });

    it('[R41] is asked and made without the password in an argument list, an environment or a file', async () => {
      const secret = 'Visible-to-nobody-1';
      await sh(
        `cat > /srv/watch <<'EOF'
while :; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -a 'Visible-to-[n]obody'; done > /srv/watched
EOF
setsid sh /srv/watch > /dev/null 2>&1 & echo $! > /srv/watch.pid`,
      );
      await make([wanted(secret)]);
      expect(await planned(wanted(secret))).toEqual([]);
      // One that is in an argument list, to prove that the watch sees it.
      await sh(`sh -c 'sleep 1; :' Visible-to-nobody-else; kill $(cat /srv/watch.pid)`);
      expect(await sh('sort -u /srv/watched')).toBe('Visible-to-nobody-else');
      expect(await sh(`grep -rIl ${secret} /tmp /var/tmp /var/lib/ee /etc /root /var/log 2>/dev/null || :`)).toBe('');
    });
  });

  describe('replacing a file', () => {
    const path = '/srv/replaced';
    const wanted = (content: string, more = {}) => file({ path, content, mode: '0644', ...more });

    it('[R23] keeps the previous one, with its mode, in the folder of the run', async () => {
      await sh(`echo before > ${path}; chmod 604 ${path}`);
      expect(await make([wanted('after\n')])).toEqual([`change ${path}`]);
      expect(await sh(`cat ${path} ${backup(path)}; stat -c %a ${backup(path)} /var/lib/ee/backups`)).toBe(
        'after\nbefore\n604\n700',
      );
    });

    it('[R21] shows in a dry run what the file loses and gains, and changes nothing', async () => {
      const [change] = await planned(wanted('later\n'));
      expect(change?.detail).toBe(`--- ${path}\n+++ ${path}\n@@ -1,1 +1,1 @@\n-after\n+later\n`);
      expect(await sh(`cat ${path}`)).toBe('after');
    });

    it('[R23] [R75] brings the previous one back when the new one is refused, and leaves nothing beside it', async () => {
      const refused = wanted('wrong\n', { verify: `! grep wrong ${path}`, notifies: [reload('cron')] });
      await expect(make([refused])).rejects.toMatchObject({
        code: 'REMOTE_FAILED',
        message: `vps1: file:${path} (change ${path}) failed (exit 1).\nIts last lines:\n  | wrong`,
      });
      expect(await sh(`cat ${path}; ls -A /srv | grep '^\\.ee' || :`)).toBe('after');
    });

    it('removes a new one that is refused', async () => {
      const refused = file({ path: '/srv/never', content: 'x', mode: '0644', verify: 'echo no; false' });
      await expect(make([refused])).rejects.toThrow('  | no');
      expect(await sh('ls /srv/never 2>&1 || :')).toContain('No such file');
    });

    it('never shows a reader half a file', async () => {
      const one = wanted(`${'a'.repeat(100_000)}\n`);
      const other = wanted(`${'b'.repeat(100_000)}\n`);
      await make([one]);
      await sh(
        `cat > /srv/reader <<'EOF'
while :; do cat ${path} | tr -d '\\n' | fold -w 1 | uniq -c | awk '{ print $1, $2 }'; done > /srv/read
EOF
setsid sh /srv/reader > /dev/null 2>&1 & echo $! > /srv/reader.pid`,
      );
      for (const next of [other, one, other]) await make([next]);
      await sh('kill $(cat /srv/reader.pid)');
      const shapes = new Set((await sh('head -n -1 /srv/read')).split('\n'));
      expect([...shapes].sort()).toEqual(['100000 a', '100000 b']);
    });

    it('[R62] does not replace a file that is only ever made', async () => {
      await sh('echo theirs > /srv/key');
      const wantedKey = file({
        path: '/srv/key',
        content: 'ours',
        mode: '0600',
        createOnly: { why: 'DNS may name it', next: 'Bring it here.' },
      });
      await expect(planned(wantedKey)).rejects.toMatchObject({ code: 'WOULD_REPLACE' });
    });

    it('does not follow a link or write over a folder', async () => {
      await sh('ln -sfn /etc/passwd /srv/tricky; mkdir -p /srv/folder');
      await expect(planned(file({ path: '/srv/tricky', content: 'x', mode: '0644' }))).rejects.toThrow('symbolic link');
      await expect(planned(file({ path: '/srv/folder', content: 'x', mode: '0644' }))).rejects.toThrow('directory');
    });
  });

  it('[R23] journals each change in JSON, with who and when, and never a secret', async () => {
    const secret = 'Journal-must-not-know';
    await make([
      file({ path: '/srv/secret', content: secret, mode: '0600', sensitive: true }),
      directory('/srv/quo\'te "d"', '0755'),
    ]);
    const lines = (await sh('cat /var/lib/ee/journal.jsonl')).split('\n').map((line) => JSON.parse(line) as unknown);
    expect(lines.slice(-2)).toEqual([
      { ...entry(), id: 'file:/srv/secret', action: 'create', summary: 'write /srv/secret' },
      { ...entry(), id: `directory:/srv/quo'te "d"`, action: 'create', summary: `make /srv/quo'te "d"` },
    ]);
    expect(await sh(`grep -c ${secret} /var/lib/ee/journal.jsonl || :`)).toBe('0');
    expect(await sh('stat -c %a /var/lib/ee')).toBe('700');
  });
  const entry = () => ({
    run: run.id,
    by: run.by,
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
  });

  describe('a run that is cut', () => {
    const count = { id: 'count:it', summary: 'count', script: 'echo ran >> /srv/counted' };

    it('[R19] leaves a marker, by which the next run does the reload that is still owed, once', async () => {
      const wanted = file({ path: '/srv/with-reload', content: '1', mode: '0644', notifies: [count] });
      await make([wanted]);
      expect(await sh('cat /srv/counted')).toBe('ran');
      expect(await planned(wanted)).toEqual([]);
      await sh(': > /var/lib/ee/pending/count%3Ait');
      expect(await planned(wanted)).toEqual([{ id: 'count:it', action: 'run', summary: 'count' }]);
      expect(await make([wanted])).toEqual(['count']);
      expect(await sh('cat /srv/counted')).toBe('ran\nran');
      expect(await planned(wanted)).toEqual([]);
    });

    it('[R19] is continued by the next: what is done stays, what is half done is done again', async () => {
      const first = file({ path: '/srv/first', content: '1', mode: '0644', notifies: [count] });
      const slow = (seconds: number) =>
        file({
          path: '/srv/slow',
          content: '2',
          mode: '0644',
          activate: `sleep ${seconds}; cp /srv/slow /srv/in-force`,
        });
      const last = file({ path: '/srv/last', content: '3', mode: '0644' });
      const abort = new AbortController();
      await expect(
        make([first, slow(60), last], {
          signal: abort.signal,
          emit: (event) => {
            // The second change has begun: a moment later its file is in place, and not in force.
            if (event.kind === 'progress' && event.message === 'write /srv/slow') setTimeout(() => abort.abort(), 3000);
          },
        }),
      ).rejects.toMatchObject({ code: 'INTERRUPTED', exit: 130 });
      expect(
        await sh(
          `cat /srv/first /srv/slow; ls /srv/last /srv/in-force 2>&1 | grep -c 'No such'; pgrep -f 'sleep 6[0]' || :`,
        ),
      ).toBe('122');
      const rest = [first, slow(0), last];
      expect((await planned(...rest)).map(({ summary }) => summary)).toEqual([
        'put /srv/slow into force',
        'write /srv/last',
        'count',
      ]);
      await make(rest);
      expect(await sh('cat /srv/in-force /srv/last')).toBe('23');
      expect(await planned(...rest)).toEqual([]);
    });
  });

  describe('a failing change', () => {
    it('waits while another process has the lock of dpkg', async () => {
      await sh('dpkg --purge logrotate >/dev/null 2>&1 || :');
      // As dpkg takes it (fcntl), for twelve seconds.
      const hold = `perl -e 'use Fcntl; open(F, "+>", "/var/lib/dpkg/lock-frontend"); my $l = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0); fcntl(F, F_SETLK, $l) or die; print "held\\n"; sleep 12'`;
      const held = host.run(hold);
      expect(await make([packages('test', ['logrotate'])])).toEqual(['install logrotate']);
      expect((await held).code).toBe(0);
    });

    it('[R18] names a missing package in the words of apt', async () => {
      await expect(make([packages('none', ['no-such-package-anywhere'])])).rejects.toMatchObject({
        code: 'REMOTE_FAILED',
        exit: 1,
        message: expect.stringContaining('  | E: Unable to locate package no-such-package-anywhere') as string,
      });
      expect(await sh('ls /usr/sbin/policy-rc.d 2>&1 || :')).toContain('No such file');
    });

    it('[R18] stops the stage at once, and says which change it was', async () => {
      const bad = { ...file({ path: '/nowhere/at/all', content: 'x', mode: '0644' }) };
      await expect(make([bad, directory('/srv/after-bad', '0755')])).rejects.toThrow(
        /^vps1: file:\/nowhere\/at\/all \(write \/nowhere\/at\/all\) failed \(exit 1\)\.\nIts last lines:\n {2}\| there is no folder \/nowhere\/at/,
      );
      expect(await sh('ls -d /srv/after-bad 2>&1 || :')).toContain('No such file');
    });

    it('on a full disk leaves the old file as it was, and nothing half written', async () => {
      await sh('mkdir -p /srv/full; mount -t tmpfs -o size=64k tmpfs /srv/full; echo old > /srv/full/file');
      const wanted = file({ path: '/srv/full/file', content: 'n'.repeat(100_000), mode: '0644' });
      await expect(make([wanted])).rejects.toThrow('No space left on device');
      expect(await sh('cat /srv/full/file; ls -A /srv/full')).toBe('old\nfile');
      await sh('mount -o remount,size=1m /srv/full');
      expect(await make([wanted])).toEqual(['change /srv/full/file']);
      await sh('umount /srv/full');
    });

    it('tells a change that was made and did not hold from one that did', async () => {
      const hopeless: Resource = {
        id: 'test:hopeless',
        probe: 'echo never',
        diff: () => ({ action: 'update', summary: 'try in vain', script: 'printf "no line feed"' }),
      };
      const events: ConvergeEvent[] = [];
      await expect(make([hopeless], { emit: (event) => events.push(event) })).rejects.toThrow(
        'test:hopeless: still to do: try in vain',
      );
      expect(events.filter(({ kind }) => kind === 'changed')).toHaveLength(1);
    });
  });

  describe('the application', () => {
    let folder: string;
    let wanted: Resource;
    const path = '/srv/app';

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'ee-app-'));
      const tar = join(folder, 'application.tar.gz');
      await execa('sh', ['-ec', BUILD_APPLICATION, 'sh', tar], { cwd: folder });
      const { stdout } = await execa('sha256sum', [tar]);
      const { stdout: bytes } = await execa('stat', ['-c', '%s', tar]);
      wanted = archive({
        path,
        file: tar,
        bytes: Number(bytes),
        sha256: stdout.slice(0, 64),
        root: 'var/www/',
        stripDepth: 2,
        contains: 'apps/init.php',
        prepare: prepareApplication('/var/lib/ee/set-aside/app', 'www-data'),
      });
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it('[R30] is unpacked at its depth, and left alone afterwards', async () => {
      await sh(`getent passwd www-data > /dev/null; mkdir -p ${path}.ee-new/left/by/a/kill`);
      expect(await make([wanted])).toEqual(['unpack application.tar.gz into /srv/app']);
      expect(await sh(`cat ${path}/apps/init.php; ls -d ${path}.ee-new 2>&1 | grep -c 'No such'`)).toBe(
        '<?php // init\n1',
      );
      expect(await planned(wanted)).toEqual([]);
      expect(await sh('ls -A /var/lib/ee/staging')).toBe('');
    });

    it('[R30] has nothing of what lies beside it in the archive', async () => {
      expect(await sh(`ls ${path}/index.php; find /srv/app* /var/lib/ee -name 'evil*' -o -name user`)).toBe(
        `${path}/index.php`,
      );
    });

    it('[R47] never has the old system’s credentials in it: they are set aside where only root reads them', async () => {
      expect(await sh(`ls ${path}/apps/common/config; ls ${path}/apps/common/runtime`)).toBe('main.php');
      const aside = '/var/lib/ee/set-aside/app';
      expect(await sh(`cat ${aside}/apps/common/config/main-custom.php; stat -c '%a %U' ${aside}`)).toBe(
        'old credentials\n700 root',
      );
      await expect(sh(`runuser -u www-data -- cat ${aside}/apps/common/config/main-custom.php`)).rejects.toThrow(
        'Permission denied',
      );
      expect(
        await sh(`find ${path} -name '*.sql'; cat ${aside}/dump.sql ${aside}/frontend/assets/files/theirs.jpg`),
      ).toBe('dump\npicture');
    });

    it('[R50] is read-only to the web user, but for the eight folders', async () => {
      const tests = [
        'apps/init.php',
        '.',
        'apps/common',
        'index.php',
        'apps/common/runtime',
        'frontend/assets/gallery',
      ];
      const script = tests.map((at) => `runuser -u www-data -- test -w ${path}/${at} && echo ${at} || :`).join('\n');
      expect(await sh(script)).toBe('apps/common/runtime\nfrontend/assets/gallery');
      expect(await sh(`find ${path} -perm /022; runuser -u www-data -- cat ${path}/index.php`)).toBe('<?php // index');
    });

    it('[R46] never goes over a folder that holds something else', async () => {
      await sh('mkdir -p /srv/used; echo precious > /srv/used/.hidden');
      const other = archive({ ...ARCHIVE, path: '/srv/used' });
      await expect(planned(other)).rejects.toMatchObject({ code: 'FOLDER_IN_USE' });
      const newer = archive({ ...ARCHIVE, path });
      await expect(planned(newer)).rejects.toMatchObject({ code: 'FOLDER_IN_USE' });
      expect(await sh('cat /srv/used/.hidden')).toBe('precious');
    });
  });

  describe('the lock', () => {
    it('[R24] lets one run in, tells the other who is there, and is given back', async () => {
      const other = await connect(access);
      const first = await lock(host, { by: 'alice@laptop', id: '1' });
      await expect(lock(other, { by: 'bob@desk', id: '2' })).rejects.toMatchObject({
        code: 'LOCKED',
        exit: 5,
        message: expect.stringMatching(
          /^Another run is working on vps1: alice@laptop, run 1, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.$/,
        ) as string,
      });
      await first.release();
      const again = await lock(other, { by: "bob's desk", id: '3' });
      await again.release();
      await other.close();
    });

    it('[R24] goes with the connection that holds it, however that ends', async () => {
      const other = await connect(access);
      const session = (await other.run('echo "$PPID"')).stdout.toString().trim();
      expect(await sh(`cat /proc/${session}/comm`)).toBe('sshd');
      await lock(other, { by: 'alice@laptop', id: '4' });
      await sh(`kill -9 ${session}`);
      const next = await untilFree();
      await next.release();
      await other.close();
    });

    it('[R24] goes a minute after its line went dead, and what the dead run was doing is ended', async () => {
      const other = await connect(access);
      const port = (await other.run('echo "$SSH_CONNECTION"')).stdout.toString().split(' ')[1];
      const cutOff = await lock(other, { by: 'alice@laptop', id: '6' });
      void cutOff
        .run(
          batchScript(
            [{ id: 'test:slow', notifies: [], difference: { action: 'run', summary: 'x', script: 'sleep 777' } }],
            'mark',
            run,
          ),
        )
        .catch(() => undefined);
      await until(
        () => sh('pgrep -f "sleep 77[7]" || :'),
        (found) => found !== '',
      );
      await sh(`nft add table inet cut; nft 'add chain inet cut input { type filter hook input priority -10; }'
nft 'add chain inet cut output { type filter hook output priority -10; }'
nft add rule inet cut input tcp sport ${port} drop; nft add rule inet cut output tcp dport ${port} drop`);

      const next = await untilFree(400);

      expect(await sh('pgrep -f "sleep 77[7]" || :')).toBe('');
      await next.release();
      await sh('nft delete table inet cut');
      await other.close();
    });

    async function until(ask: () => Promise<string>, good: (answer: string) => boolean): Promise<void> {
      while (!good(await ask())) await new Promise((resolve) => setTimeout(resolve, 250));
    }

    it('[R24] is proven by each script, also of a user with sudo, and what a run that slept is doing is ended', async () => {
      await sh(`apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install sudo >/dev/null 2>&1
id sleeper >/dev/null 2>&1 || useradd -m sleeper
echo 'sleeper ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/sleeper; chmod 440 /etc/sudoers.d/sleeper
install -d -m 700 -o sleeper /home/sleeper/.ssh; install -m 600 -o sleeper /root/.ssh/authorized_keys /home/sleeper/.ssh/`);
      const other = await connect({ ...access, user: 'sleeper' });
      const asleep = await lock(other, { by: 'alice@laptop', id: '7' }, { heartbeat: 3600, patience: 3 });
      expect((await asleep.run('id -u')).stdout.toString()).toBe('0\n');
      const running = asleep.run('sleep 778; : > /root/late').catch((error: unknown) => error);
      const next = await untilFree(400);

      expect(await sh('pgrep -f "sleep 77[8]" || :')).toBe('');
      expect(await running).toMatchObject({ code: 'LOCK_LOST', exit: 5 });
      await expect(asleep.run(': > /root/late')).rejects.toMatchObject({
        code: 'LOCK_LOST',
        message: expect.stringContaining('Another run has the lock now: bob@desk, run 5, since ') as string,
      });
      const source = Buffer.from('late');
      const sha256 = createHash('sha256').update(source).digest('hex');
      await expect(asleep.upload({ source, bytes: 4, sha256, target: '/root/late' })).rejects.toMatchObject({
        code: 'LOCK_LOST',
      });
      expect(await sh('ls /root/late 2>/dev/null || :')).toBe('');
      await next.release();
      await asleep.release();
      await other.close();
    });

    async function untilFree(tries = 20): Promise<LockedHost> {
      for (let left = tries; ; left -= 1) {
        try {
          return await lock(host, { by: 'bob@desk', id: '5' });
        } catch (error) {
          if (left === 0) throw error;
          await new Promise((resolve) => setTimeout(resolve, 250));
        }
      }
    }
  });

  describe('the firewall', () => {
    const wanted = (sshPorts: readonly number[]) =>
      firewall({
        host: 'vps1',
        sshPorts,
        adminIps: [],
        clientAddress: '192.0.2.7',
        rules: [
          { port: 443, why: 'the panel' },
          { port: 9100, from: ['192.0.2.30', '2001:db8::30'], why: 'metrics' },
        ],
      });
    const policy = `nft list chain inet ee input 2>/dev/null | grep -c 'policy drop' || :`;

    it('[R77] is in force once a new login has proved that it lets the operator in', async () => {
      expect((await hostFacts(host)).sshPorts).toEqual([22]);
      expect(await make([wanted([22])])).toHaveLength(1);
      expect(await sh(policy)).toBe('1');
      expect(await sh('systemctl list-timers --all | grep ee-guard || :; ls /var/lib/ee | grep guard || :')).toBe('');
      expect(await planned(wanted([22]))).toEqual([]);
    });

    it('[R20] is put back into force when somebody flushed it', async () => {
      await sh('nft flush ruleset');
      expect(await make([wanted([22])])).toEqual(['put /etc/nftables.conf into force']);
      expect(await sh(policy)).toBe('1');
    });

    it('confirms, or has taken back, what a run did that was cut before its proof', async () => {
      // As applyGuarded leaves it when it is killed after the change: armed, and in force.
      await sh(`echo 'nft delete table inet ee; rm -f /var/lib/ee/ee-guard-file-etc-nftables-conf.sh' > /var/lib/ee/ee-guard-file-etc-nftables-conf.sh
        systemd-run --quiet --collect --unit=ee-guard-file-etc-nftables-conf --on-active=60 /bin/sh /var/lib/ee/ee-guard-file-etc-nftables-conf.sh`);
      expect(await make([wanted([22])])).toEqual(['put /etc/nftables.conf into force']);
      expect(await sh('systemctl list-timers --all | grep ee-guard || :; ls /var/lib/ee | grep guard || :')).toBe('');
      expect(await planned(wanted([22]))).toEqual([]);
    });

    it('[R77] is taken back by the host itself when it would lock the operator out', async () => {
      const before = await sh('cat /etc/nftables.conf');
      await expect(make([wanted([2222])])).rejects.toMatchObject({ code: 'LOCKED_OUT', exit: 1 });
      // Over the old connection, which the firewall still lets through, nobody but the host itself does anything.
      const deadline = Date.now() + 75_000;
      while ((await sh('ls /var/lib/ee')).includes('guard') && Date.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 1000));
      await (await connect(access)).close();
      expect(await sh('cat /etc/nftables.conf')).toBe(before);
      expect(await sh(policy)).toBe('1');
      expect(await planned(wanted([22]))).toEqual([]);
    });
  });

  it('reads the host’s facts', async () => {
    const facts = await hostFacts(host);
    expect(facts).toMatchObject({
      os: { id: 'debian', version: '12', codename: 'bookworm' },
      container: true,
      interface: 'host0',
      network: { kind: 'networkd', file: '/etc/systemd/network/10-host0.network' },
      sshPorts: [22],
      hasApt: true,
    });
    const { stdout } = await execa('ip', ['-o', 'route', 'get', access.address]);
    expect(stdout).toContain(` src ${facts.clientAddress} `);
    expect(facts.memoryMegabytes).toBeGreaterThan(100);
    expect(facts.freeMegabytes).toBeGreaterThan(100);
  });

  // A real upload needs a file on this machine; what is never sent needs none.
  const ARCHIVE = {
    file: '/nonexistent/other.tar.gz',
    bytes: 1,
    sha256: 'f'.repeat(64),
    root: 'app/',
    stripDepth: 1,
    contains: 'apps/init.php',
    prepare: ':',
  };
});

/** An application two folders down, as a backup holds it: with the old system's credentials, caches, uploads and a dump. */
const BUILD_APPLICATION = `
root=var/www
mkdir -p $root/apps/common/config $root/apps/common/runtime $root/frontend/assets/files
cd $root
echo '<?php // init' > apps/init.php
echo '<?php // index' > index.php
echo 'main' > apps/common/config/main.php
echo 'old credentials' > apps/common/config/main-custom.php
echo 'cache' > apps/common/runtime/cache.bin
echo 'picture' > frontend/assets/files/theirs.jpg
echo 'dump' > dump.sql
chmod -R 777 .
cd ../..
mkdir -p home/user
echo '<?php // of a stranger' > home/user/evil.php
tar -czf "$1" home var
`;
