import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.js';
import { TestLab, type EeResult } from '../support/lab.js';
import { submit } from '../support/submission.js';

interface Failure {
  readonly error: { readonly code: string; readonly exit: number; readonly message: string; readonly hint: string };
}
interface Applied {
  readonly status: string;
  readonly loaded: boolean;
  readonly notes: readonly string[];
}

const lab = new TestLab('t-oper');
const CONFIG = '/etc/pmta/config';
const failure = (result: EeResult) => result.json<Failure>().error;
const apply = (...args: string[]) => lab.ee('pmta', 'apply', '--yes', '--ignore-dns', '--json', ...args);
const rollback = (...args: string[]) => lab.ee('rollback', 'vps2', '--yes', '--json', ...args);
const diff = (...args: string[]) => lab.ee('pmta', 'diff', '--json', ...args);
const sum = () => lab.sh('vps2', `sha256sum < ${CONFIG} | cut -d ' ' -f 1`);
const starts = () => lab.sh('vps2', 'systemctl reset-failed pmta; systemctl restart pmta; systemctl is-active pmta');
const virtualMtas = async () =>
  (await lab.sh('vps2', 'pmta --dom show vmtas')).match(/(?<=name=")vmta-[^"]+/g)?.sort() ?? [];

describe('a tired operator', () => {
  beforeAll(async () => {
    await lab.up('packages', { hosts: ['vps1', 'vps2'] });
    const deployed = await lab.ee('deploy', 'vps2', '--yes', '--json');
    expect(deployed.exit, deployed.stdout).toBe(0);
    expect((await apply('--ips', '2')).exit).toBe(0);
  });
  afterAll(() => lab.down());

  it.each([
    [['pmta', 'apply', '--ips', '0'], '--ips takes a whole number of 1 or more, not 0.'],
    [['pmta', 'apply', '--yes', '--ips', '1001'], '--ips 1001 asks for more sending IPs than SENDING_IPS has (5).'],
    [['pmta', 'diff', '--ips', '99999999999999999999'], '--ips'],
    [['pmta', 'apply', '--drain-timeout', '-5m'], '--drain-timeout'],
    [['pmta', 'apply', '--drain-timeout', '1 hour'], '--drain-timeout 1 hour is not a time.'],
    [['pmta', 'apply', 'vps2'], 'vps2'],
    [['pmta', 'apply', '--ignore-dns'], 'Put this configuration into force on vps2?'],
    [['rollback'], '`ee rollback` needs HOST'],
    [['rollback', 'vps4', '--yes'], 'vps4'],
    [['rollback', 'vps3', '--yes'], 'vps3'],
    [
      ['rollback', 'vps2', '--to', '../../etc/shadow', '--yes'],
      'vps2 has no PowerMTA configuration that a run ../../etc/shadow replaced.',
    ],
    [['pmta', 'status', '--queues', '-1'], '--queues'],
  ])('who types %j is told what is wrong with it, in JSON as well, with status 2', async (words, said) => {
    const before = await sum();
    const result = await lab.ee(...words, '--json');
    expect([result.exit, failure(result).exit], result.stdout).toEqual([2, 2]);
    expect(failure(result).message).toContain(said);
    expect(failure(result).hint).not.toBe('');
    expect(await sum()).toBe(before);
  });

  it('whose hand broke the configuration, and who then restarted PowerMTA, comes back with what the messages name', async () => {
    const good = await sum();
    await lab.sh('vps2', `echo '<virtual-mta by-hand>' >> ${CONFIG}`);
    expect((await lab.try('vps2', 'systemctl restart pmta; systemctl is-active --quiet pmta')).exit).not.toBe(0);
    expect((await lab.ee('pmta', 'status', '--json')).exit).toBe(3);

    for (const result of [
      await lab.ee('deploy', 'vps2', '--yes', '--json'),
      await apply('--ips', '2'),
      await rollback(),
    ]) {
      expect([result.exit, failure(result).code]).toEqual([1, expect.stringMatching(/^(PMTA|ROLLBACK)_DRIFT$/)]);
      expect(failure(result).hint).toContain('--overwrite-drift');
    }
    const mended = await apply('--ips', '2', '--overwrite-drift');
    expect(mended.exit, mended.stdout).toBe(0);
    expect(mended.json<Applied>()).toMatchObject({ status: 'changed', loaded: false });
    expect(mended.json<Applied>().notes.join()).toContain('`systemctl start pmta`');
    expect(await sum()).toBe(good);
    expect(await starts()).toBe('active');
    expect(await virtualMtas()).toEqual(['vmta-mail1', 'vmta-mail2']);
  });

  it('whose address is missing as well gets out with the commands that the messages name', async () => {
    const good = await sum();
    const ip = lab.sendingIp(2);
    await lab.sh('vps2', `echo '# by hand' >> ${CONFIG}; ip address del ${ip}/32 dev host0`);
    const unfit = await apply('--ips', '2', '--overwrite-drift');
    expect([unfit.exit, failure(unfit).code], unfit.stdout).toEqual([3, 'PMTA_HOST_UNFIT']);
    expect(failure(unfit).hint).toContain('`ee deploy vps2`');

    const planned = await lab.ee('deploy', 'vps2', '--dry-run');
    expect([planned.exit, planned.stdout]).toEqual([1, expect.stringContaining('1 change to make, then it stops')]);
    const stopped = await lab.ee('deploy', 'vps2', '--yes', '--json');
    expect([stopped.exit, failure(stopped).code], stopped.stdout).toEqual([1, 'PMTA_DRIFT']);
    expect(failure(stopped).hint).toContain('`ee deploy vps2 --overwrite-drift`');
    expect(await lab.sh('vps2', `ip -4 address show dev host0 | grep -c '${ip}/32'`)).toBe('1');

    const done = await apply('--ips', '2', '--overwrite-drift');
    expect(done.exit, done.stdout).toBe(0);
    expect(await sum()).toBe(good);

    await lab.sh('vps2', `echo '# by hand' >> ${CONFIG}; ip address del ${ip}/32 dev host0`);
    const deployed = await lab.ee('deploy', 'vps2', '--yes', '--overwrite-drift');
    expect(deployed.exit, deployed.stdout).toBe(0);
    expect(await lab.sh('vps2', `ip -4 address show dev host0 | grep -c '${ip}/32'`)).toBe('1');
    expect(await lab.sh('vps2', `grep -c '# by hand' ${CONFIG} || :`)).toBe('0');
    const copies = await lab.sh('vps2', `grep -l '# by hand' /var/lib/ee/backups/*${CONFIG} | wc -l`);
    expect(Number(copies)).toBeGreaterThanOrEqual(2);
    expect((await apply('--ips', '2')).exit).toBe(0);
  });

  it('may go back the same way, and sees for people that PowerMTA has yet to start', async () => {
    await lab.sh('vps2', `echo '<virtual-mta by-hand>' >> ${CONFIG}; systemctl restart pmta; :`);
    const { exit, stdout } = await lab.ee('rollback', 'vps2', '--yes', '--overwrite-drift');
    expect(exit, stdout).toBe(0);
    expect(stdout).toContain('Note: PowerMTA does not run there');
    expect(stdout).not.toContain('PowerMTA runs with it');
    expect(await starts()).toBe('active');
    expect((await apply('--ips', '2')).exit).toBe(0);
  });

  it('does not lose mail that waits by taking IPs away while PowerMTA is stopped', async () => {
    expect((await apply()).exit).toBe(0);
    await lab.sh('vps2', `pmta pause queue '*/*'`);
    const auth = { user: lab.setting('PMTA_SMTP_USER'), pass: lab.setting('PMTA_SMTP_PASSWORD') };
    const from = 'info@mail4.lab.example';
    expect(await submit(lab, 'vps1', { from, ip: lab.sendingIp(4), auth })).toMatch(/^250 /);
    const before = await lab.sh('vps2', `systemctl stop pmta; sha256sum < ${CONFIG} | cut -d ' ' -f 1`);
    for (const result of [await apply('--ips', '2'), await apply('--ips', '2', '--dry-run')]) {
      expect([result.exit, failure(result).code]).toEqual([1, 'PMTA_QUEUES_UNKNOWN']);
      expect(failure(result).message).toContain('vmta-mail4');
      expect(failure(result).hint).toContain('`systemctl start pmta`');
    }
    expect(await sum()).toBe(before);
    expect(await starts()).toBe('active');
    // A start forgets that queues were paused; whatever still waits has no part in the tests below.
    await lab.try('vps2', `pmta delete --queue='*/*'`);
    expect((await apply('--ips', '2')).exit).toBe(0);
  });

  it.each([
    ['a folder', `mkdir ${CONFIG}`, 'directory'],
    ['a pipe', `mkfifo ${CONFIG}`, 'fifo'],
    ['a pipe, while PowerMTA is stopped,', `mkfifo ${CONFIG}; systemctl stop pmta`, 'fifo'],
    ['a link', `ln -s config.away ${CONFIG}`, 'symbolic link'],
  ])('who has %s in the place of the configuration is told so at once, and it stays', async (_, make, kind) => {
    await lab.sh('vps2', `mv ${CONFIG} ${CONFIG}.away; ${make}`);
    try {
      for (const result of [await diff(), await apply(), await apply('--overwrite-drift')]) {
        expect([result.exit, failure(result).code], result.stdout).toEqual([1, 'NOT_A_FILE']);
        expect(failure(result).message).toContain(`${CONFIG} on the host is a ${kind}`);
      }
    } finally {
      await lab.sh('vps2', `rm -rf ${CONFIG}; mv ${CONFIG}.away ${CONFIG}; systemctl start pmta`);
    }
    expect((await diff('--ips', '2')).exit).toBe(0);
  });

  it('whose disk is full, or may not be written to, is told so, and what runs goes on', async () => {
    const before = await sum();
    await lab.sh(
      'vps2',
      `mount -t tmpfs -o size=4m tmpfs /mnt && cp -a /etc/pmta/. /mnt && mount --bind /mnt /etc/pmta`,
    );
    const full = await apply();
    await lab.sh('vps2', 'umount /etc/pmta /mnt');
    expect([full.exit, failure(full).code], full.stdout).toEqual([3, 'PMTA_HOST_UNFIT']);
    expect(failure(full).message).toMatch(/only [0-4] MB are free, and PowerMTA needs 200 MB/);

    await lab.sh('vps2', 'mount --bind /etc/pmta /etc/pmta && mount -o remount,ro,bind /etc/pmta');
    const readOnly = await apply();
    await lab.sh('vps2', 'umount /etc/pmta');
    expect([readOnly.exit, failure(readOnly).code], readOnly.stdout).toEqual([1, 'PMTA_APPLY_CUT']);
    expect(failure(readOnly).message).toContain('Read-only file system');
    expect(await sum()).toBe(before);
    await lab.sh('vps2', 'test ! -e /var/lib/ee/pmta/applying');
    expect(await virtualMtas()).toEqual(['vmta-mail1', 'vmta-mail2']);
  });

  it('[R24] who meets another at work is told who, may look, and changes nothing', async () => {
    const before = await sum();
    const held = lab.try(
      'vps2',
      `exec flock /run/ee.lock sh -c 'echo "eve@elsewhere, run 7" > /run/ee.lock.holder; sleep 20'`,
    );
    await sleep(2000);
    for (const result of [await apply(), await rollback()]) {
      expect([result.exit, failure(result).code], result.stdout).toEqual([5, 'LOCKED']);
      expect(failure(result).message).toContain('eve@elsewhere');
    }
    expect((await diff('--ips', '2')).exit).toBe(0);
    expect(await sum()).toBe(before);
    await held;
  });

  it('who starts the same command in two windows has one of them wait, or find nothing to do', async () => {
    const both = await Promise.all([apply('--ips', '3'), apply('--ips', '3')]);
    expect(both.map(({ exit }) => exit ?? -1).toSorted()).toEqual(expect.arrayContaining([0]));
    for (const { exit, stdout } of both) expect([0, 5], stdout).toContain(exit);
    expect(await virtualMtas()).toHaveLength(3);
    expect((await apply('--ips', '2')).exit).toBe(0);
  });

  it('whose host holds 20 MB that nobody wrote with ee is shown that in time', async () => {
    await lab.sh(
      'vps2',
      `cp -p ${CONFIG} /root/config; i=0; awk 'BEGIN { for (i = 0; i < 1000000; i++) print "# a line " i }' >> ${CONFIG}`,
    );
    const started = Date.now();
    const shown = await diff('--ips', '2');
    await lab.sh('vps2', `cp -p /root/config ${CONFIG}`);
    expect(shown.exit, shown.stdout.slice(0, 500)).toBe(3);
    expect(Date.now() - started).toBeLessThan(180_000);
  });

  it.each([
    ['the test', '"test config"'],
    ['the reload', 'reload'],
    ['the reading back', '"show vmtas"'],
  ])(
    '[R24] who presses Ctrl-C during %s gets status 130, a PowerMTA that starts, and a next run that ends as wanted',
    async (_, words) => {
      const wanted = (await virtualMtas()).length === 2 ? 5 : 2;
      await lab.sh(
        'vps2',
        `rm -f /run/ee-reached; cat > /usr/local/sbin/pmta <<'EOF'
#!/bin/sh
case "$*" in ${words}) : > /run/ee-reached; exec sleep 78 ;; esac
exec /usr/sbin/pmta "$@"
EOF
chmod 755 /usr/local/sbin/pmta`,
      );
      const run = execa(
        process.execPath,
        ['--', join(packageRoot(), 'bin', 'run.js'), 'pmta', 'apply', '--yes', '--ignore-dns', '--json'].concat(
          '--ips',
          String(wanted),
          '--env-file',
          lab.settingsFile,
        ),
        { reject: false, stdin: 'ignore' },
      );
      await lab.until('vps2', 'test -e /run/ee-reached');
      run.kill('SIGINT');
      const { exitCode, stdout } = await run;
      expect(exitCode, stdout).toBe(130);
      expect((JSON.parse(stdout) as Failure).error).toMatchObject({ code: 'INTERRUPTED', exit: 130 });
      await lab.sh('vps2', 'rm -f /usr/local/sbin/pmta');
      await lab.until('vps2', '! pgrep -f "sleep 7[8]"');
      expect(await starts()).toBe('active');
      const next = await apply('--ips', String(wanted));
      expect(next.exit, next.stdout).toBe(0);
      expect(await virtualMtas()).toHaveLength(wanted);
      await lab.sh('vps2', 'test ! -e /var/lib/ee/pmta/applying && ! ls /etc/pmta/.ee-* 2>/dev/null');
    },
  );
});
