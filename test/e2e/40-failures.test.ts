import { readFile, rename, writeFile } from 'node:fs/promises';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.js';
import { HOST_NAMES, type HostName } from '../../src/lib/settings/settings.js';
import { onceFree } from '../support/killed-run.js';
import { TestLab, type EeResult } from '../support/lab.js';

interface Failure {
  readonly error: { readonly code: string; readonly exit: number; readonly message: string; readonly hint: string };
}
interface Outcome {
  readonly host: string;
  readonly status: string;
  readonly changes: readonly unknown[];
}

interface Running {
  kill(signal: NodeJS.Signals): boolean;
  readonly stdout: { destroy(): unknown };
}

const lab = new TestLab('t-fail');
const failure = (result: EeResult) => result.json<Failure>().error;
const statuses = (result: EeResult) => {
  const { hosts } = result.json<{ hosts?: Outcome[] }>();
  if (hosts === undefined) throw new Error(result.stdout);
  return hosts.map(({ host, status }) => `${host} ${status}`);
};
const untouched = async (host: HostName) => (await lab.try(host, 'test -e /var/lib/ee')).exit === 1;

describe('a deployment that cannot go on', () => {
  beforeAll(() => lab.up('packages'));
  afterAll(() => lab.down());

  describe('before any host is touched', () => {
    it('[R16] stops at an archive that is corrupt, with status 3', async () => {
      const folder = join(lab.folder, 'mailwizz-email-engine');
      const name = readdirSync(folder).find((file) => file.startsWith('mailwizz-prod-')) ?? '';
      const sound = await readFile(join(folder, name));
      const corrupt = Buffer.from(sound);
      const middle = corrupt.length >> 1;
      corrupt[middle] = (corrupt[middle] ?? 0) ^ 0x40;
      await writeFile(join(folder, name), corrupt);
      try {
        const result = await lab.ee('deploy', 'all', '--yes', '--json');
        expect(result.exit).toBe(3);
        expect(failure(result)).toMatchObject({ code: 'BACKUP_UNUSABLE', exit: 3 });
        expect(failure(result).message).toContain(name);
      } finally {
        await writeFile(join(folder, name), sound);
      }
      for (const host of HOST_NAMES) expect(await untouched(host)).toBe(true);
    });

    it('[R27] stops at a host key that is not the known one, with status 4', async () => {
      const known = join(lab.folder, 'known_hosts');
      const before = await readFile(known, 'utf8');
      const key = await lab.sh('vps3', 'cat /etc/ssh/ssh_host_ed25519_key.pub');
      const address = lab.setting('VPS2_IP');
      const others = before.split('\n').filter((line) => !line.startsWith(`${address} `));
      await writeFile(known, [...others, `${address} ${key.split(' ').slice(0, 2).join(' ')}`, ''].join('\n'));
      try {
        const result = await lab.ee('deploy', 'all', '--yes', '--accept-new-host-key', '--json');
        expect(result.exit).toBe(4);
        expect(failure(result)).toMatchObject({ code: 'SSH_HOST_KEY_CHANGED', exit: 4 });
        expect(failure(result).message).toContain('vps2');
      } finally {
        await writeFile(known, before);
      }
      for (const host of HOST_NAMES) expect(await untouched(host)).toBe(true);
    });

    it('names the file when the package of PowerMTA is missing, with status 2', async () => {
      const result = await lab.withSetting('PMTA_PACKAGE', 'packages/absent.deb', () =>
        lab.ee('deploy', 'all', '--yes', '--json'),
      );
      expect(result.exit).toBe(2);
      expect(failure(result).message).toContain('packages/absent.deb');
      for (const host of HOST_NAMES) expect(await untouched(host)).toBe(true);
    });

    it('[R16] stops when a host does not answer, with status 4', async () => {
      const octets = lab.setting('VPS3_IP').split('.');
      const nobody = [...octets.slice(0, 3), '99'].join('.');
      const result = await lab.withSetting('VPS3_IP', nobody, () => lab.ee('deploy', 'all', '--yes', '--json'));
      expect(result.exit).toBe(4);
      expect(failure(result)).toMatchObject({
        code: expect.stringMatching(/^SSH_(UNREACHABLE|HOST_KEY_UNKNOWN)$/) as string,
      });
      expect(failure(result).message).toContain('vps3');
      for (const host of HOST_NAMES) expect(await untouched(host)).toBe(true);
    });

    it('[R16] stops when the disk of a host is almost full', async () => {
      await lab.sh('vps2', 'mount -t tmpfs -o size=300m tmpfs /var');
      try {
        const result = await lab.ee('deploy', 'all', '--yes', '--json');
        expect(result.exit).toBe(1);
        expect(failure(result)).toMatchObject({ code: 'DISK_FULL' });
        expect(failure(result).message).toMatch(/^vps2 has \d+ MB free on \/var; a deployment needs 1000 MB\./);
      } finally {
        await lab.sh('vps2', 'umount /var');
      }
      for (const host of ['vps1', 'vps3'] as const) expect(await untouched(host)).toBe(true);
    });

    it('refuses a sending IP on which VPS2 depends, with status 2', async () => {
      const octets = lab.setting('VPS2_IP').split('.');
      const gateway = [...octets.slice(0, 3), '1'].join('.');
      const result = await lab.withSetting('SENDING_IPS', `${gateway},${lab.sendingIp(1)}`, () =>
        lab.ee('deploy', 'vps2', '--yes', '--json'),
      );
      expect(result.exit).toBe(2);
      expect(failure(result)).toMatchObject({ code: 'ADDRESS_TAKEN' });
      expect(failure(result).message).toContain(`${gateway} is the gateway`);
      expect(await untouched('vps2')).toBe(true);
    });

    it('[R24] stops while another run works on a host, names who, with status 5', async () => {
      const held = lab.try(
        'vps2',
        `exec flock /run/ee.lock sh -c 'echo "eve@elsewhere, run 7" > /run/ee.lock.holder; sleep 15'`,
      );
      await sleep(3000);
      const result = await lab.ee('deploy', 'all', '--yes', '--json');
      expect(result.exit).toBe(5);
      expect(failure(result)).toMatchObject({ code: 'LOCKED', exit: 5 });
      expect(failure(result).message).toContain('eve@elsewhere');
      await held;
    });
  });

  it('[R18] tells which host failed, at what, with its last lines; the others are finished', async () => {
    await lab.sh(
      'vps3',
      'dpkg --purge --force-all prometheus >/dev/null 2>&1; rm -rf /var/lib/apt/lists/* /var/lib/ee',
    );
    await lab.sh(
      'vps3',
      `printf 'deb http://127.0.0.1:9/nowhere trixie main\\n' > /etc/apt/sources.list; rm -f /etc/apt/sources.list.d/*`,
    );

    const result = await lab.ee('deploy', 'all', '--yes', '--json');

    expect(result.exit).toBe(1);
    expect(statuses(result)).toEqual(['vps1 changed', 'vps2 changed', 'vps3 failed']);
    expect(failure(result)).toMatchObject({ code: 'REMOTE_FAILED', exit: 1 });
    expect(failure(result).message).toMatch(/^vps3: packages:engine \(install prometheus\) failed/);
    expect(failure(result).message).toMatch(/127\.0\.0\.1/);
    expect(failure(result).hint).not.toBe('');
  });

  it('[R19] goes on where it stopped, once the cause is gone', async () => {
    await lab.sh('vps3', `printf 'deb http://deb.debian.org/debian trixie main\\n' > /etc/apt/sources.list`);
    const result = await lab.ee('deploy', 'all', '--yes', '--json');
    expect(statuses(result), result.stdout).toEqual(['vps1 unchanged', 'vps2 unchanged', 'vps3 changed']);
  });

  it('[R23] keeps a copy of a file that it replaces', async () => {
    await lab.sh('vps1', `echo '# mine' >> /etc/nginx/nginx.conf`);
    const result = await lab.ee('deploy', 'vps1', '--yes', '--json');
    expect(statuses(result)).toEqual(['vps1 changed']);
    const copies = await lab.sh('vps1', `grep -l '# mine' /var/lib/ee/backups/*/etc/nginx/nginx.conf`);
    expect(copies.split('\n')).toHaveLength(1);
  });

  it('[R22] [R62] never overwrites a DKIM key of the host with another one', async () => {
    await lab.sh('vps2', `cp -p /etc/pmta/dkim/mail1.pem /root/mail1.pem; echo >> /etc/pmta/dkim/mail1.pem`);
    const result = await lab.ee('deploy', 'vps2', '--yes', '--json');
    expect(result.exit).toBe(1);
    expect(failure(result)).toMatchObject({ code: 'WOULD_REPLACE' });
    expect(failure(result).message).toMatch(/^vps2: \/etc\/pmta\/dkim\/mail1\.pem on the host has another content/);
    expect(failure(result).hint).toContain(`scp -p root@${lab.setting('VPS2_IP')}:/etc/pmta/dkim/mail1.pem `);
    await lab.sh('vps2', `mv /root/mail1.pem /etc/pmta/dkim/mail1.pem`);
  });

  it('[R62] makes no DKIM key here in the place of one that the host has', async () => {
    const key = join(lab.folder, 'secrets/dkim/mail2.lab.example/mail.pem');
    await rename(key, `${key}.away`);
    const result = await lab.ee('deploy', 'vps2', '--yes', '--json');
    expect(result.exit).toBe(2);
    expect(failure(result)).toMatchObject({ code: 'DKIM_KEYS_OLDER' });
    expect(failure(result).message).toContain('  mail for mail2.lab.example');
    expect(failure(result).hint).toContain('`ee dkim recover` brings these keys back from VPS2');
    expect(existsSync(key)).toBe(false);
    await rename(`${key}.away`, key);
  });

  it('[R46] never unpacks over a web root that it did not make', async () => {
    await lab.sh('vps1', `mv /var/lib/ee/archives /var/lib/ee/archives.away`);
    const result = await lab.ee('deploy', 'vps1', '--yes', '--json');
    expect(result.exit).toBe(1);
    expect(failure(result)).toMatchObject({ code: 'FOLDER_IN_USE' });
    await lab.sh('vps1', `mv /var/lib/ee/archives.away /var/lib/ee/archives`);
  });

  it('[R75] puts the running configuration of PowerMTA back when the new one is refused', async () => {
    await lab.sh(
      'vps2',
      `mv /usr/sbin/pmta /usr/sbin/pmta.real
printf '#!/bin/sh\\n[ "$1 $2" != "test config" ] || { echo "/etc/pmta/config:1: refused by the test"; exit 1; }\\nexec /usr/sbin/pmta.real "$@"\\n' > /usr/sbin/pmta
chmod 755 /usr/sbin/pmta`,
    );
    const before = await lab.sh('vps2', 'sha256sum /etc/pmta/config');
    await lab.withSetting('POSTMASTER', 'other@lab.example', async () => {
      const result = await lab.ee('deploy', 'vps2', '--yes', '--json');
      expect(result.exit).toBe(1);
      expect(failure(result)).toMatchObject({ code: 'PMTA_REFUSED' });
      expect(failure(result).message).toContain('refused by the test');
    });
    expect(await lab.sh('vps2', 'sha256sum /etc/pmta/config')).toBe(before);
    expect(await lab.sh('vps2', 'systemctl is-active pmta')).toBe('active');
    await lab.sh('vps2', 'mv /usr/sbin/pmta.real /usr/sbin/pmta');
    expect(statuses(await lab.ee('deploy', 'vps2', '--yes', '--json'))).toEqual(['vps2 unchanged']);
  });

  it('leaves a configuration of PowerMTA alone that somebody changed on the host', async () => {
    const before = await lab.sh('vps2', `echo '# by hand' >> /etc/pmta/config; sha256sum /etc/pmta/config`);
    const result = await lab.ee('deploy', 'vps2', '--yes', '--json');
    expect(result.exit).toBe(1);
    expect(failure(result)).toMatchObject({ code: 'PMTA_DRIFT' });
    expect(failure(result).hint).toContain('ee pmta apply --overwrite-drift');
    expect(await lab.sh('vps2', 'sha256sum /etc/pmta/config')).toBe(before);
    await lab.sh('vps2', `sed -i '$d' /etc/pmta/config`);
    expect(statuses(await lab.ee('deploy', 'vps2', '--yes', '--json'))).toEqual(['vps2 unchanged']);
  });

  it.each([2, 6, 12])(
    '[R19] converges after a kill -9 in the middle of a run, %i seconds after its start',
    async (seconds) => {
      await lab.sh(
        'vps1',
        `systemctl stop nginx php8.2-fpm; rm -rf /var/www/mailwizz /etc/nginx/conf.d/* /etc/nginx/nginx.conf /etc/cron.d/mailwizz /etc/nftables.conf`,
      );
      const run = execa(
        process.execPath,
        ['--', join(packageRoot(), 'bin', 'run.js'), 'deploy', 'vps1', '--yes', '--env-file', lab.settingsFile],
        { reject: false, stdin: 'ignore' },
      );
      await sleep(seconds * 1000);
      run.kill('SIGKILL');
      await run;
      // The host notices a dead client by itself, and gives the lock back.
      let result = await lab.ee('deploy', 'vps1', '--yes', '--json');
      for (let tries = 0; result.exit === 5 && tries < 30; tries += 1) {
        await sleep(2000);
        result = await lab.ee('deploy', 'vps1', '--yes', '--json');
      }
      expect(result.exit, result.stdout).toBe(0);
      expect(statuses(await lab.ee('deploy', 'vps1', '--yes', '--json'))).toEqual(['vps1 unchanged']);
      expect((await lab.ee('status', '--json')).exit).toBe(0);
    },
  );

  it.each([
    ['on Ctrl-C', (run: Running) => void run.kill('SIGINT')],
    ['once nobody reads its result any more', (run: Running) => void run.stdout.destroy()],
  ])('[R24] ends with status 130 %s, leaves no process on the host, and gives the lock back', async (_, end) => {
    // A check of the firewall that takes its time, so that the interruption meets it.
    await lab.sh('vps1', 'rm -f /etc/nftables.conf; mv /usr/sbin/nft /usr/sbin/nft.real');
    await lab.sh('vps1', `printf '#!/bin/sh\\nsleep 77\\n' > /usr/sbin/nft; chmod 755 /usr/sbin/nft`);
    const run = execa(
      process.execPath,
      ['--', join(packageRoot(), 'bin', 'run.js'), 'deploy', 'vps1', '--yes', '--env-file', lab.settingsFile],
      { reject: false, stdin: 'ignore' },
    );
    while ((await lab.try('vps1', 'pgrep -f "sleep 77"')).exit !== 0) await sleep(500);

    end(run);

    expect((await run).exitCode).toBe(130);
    // Where the host was too slow for that, it ends the rest itself as soon as the connection has closed.
    await lab.until('vps1', '! pgrep -f "sleep 7[7]"', 10);
    await lab.sh('vps1', 'mv /usr/sbin/nft.real /usr/sbin/nft');
    expect((await lab.ee('deploy', 'vps1', '--yes', '--json')).exit).toBe(0);
  });

  it('[R24] stops a run that slept for longer than its lock lasts, names who came, and the host converges', async () => {
    // A host of the first deployment: its sshd does not end a connection yet whose client says nothing.
    await lab.sh('vps1', `sed -i '/^ClientAlive/d' /etc/ssh/sshd_config.d/00-ee.conf; systemctl reload ssh`);
    await lab.sh('vps1', 'rm -f /etc/nftables.conf /etc/cron.d/mailwizz; mv /usr/sbin/nft /usr/sbin/nft.real');
    await lab.sh('vps1', `printf '#!/bin/sh\\nsleep 779\\n' > /usr/sbin/nft; chmod 755 /usr/sbin/nft`);
    const program = ['--', join(packageRoot(), 'bin', 'run.js'), 'deploy', 'vps1', '--yes', '--json'];
    const asleep = execa(process.execPath, [...program, '--env-file', lab.settingsFile], {
      reject: false,
      stdin: 'ignore',
    });
    while ((await lab.try('vps1', 'pgrep -f "sleep 77[9]"')).exit !== 0) await sleep(500);
    asleep.kill('SIGSTOP');
    await lab.sh('vps1', 'mv /usr/sbin/nft.real /usr/sbin/nft');

    const next = await onceFree(() => lab.ee('deploy', 'vps1', '--yes', '--json'));
    expect([next.exit, statuses(next)], next.stdout).toEqual([0, ['vps1 changed']]);
    const rules = await lab.sh('vps1', 'nft -s -t list ruleset; sha256sum /etc/nftables.conf');
    asleep.kill('SIGCONT');

    const { exitCode, stdout } = await asleep;
    expect(exitCode, stdout).toBe(5);
    const { error } = JSON.parse(stdout) as Failure;
    expect(error).toMatchObject({ code: 'LOCK_LOST', exit: 5 });
    expect(error.message).toContain('Another run had the lock meanwhile, and has ended: ');
    expect(await lab.sh('vps1', 'nft -s -t list ruleset; sha256sum /etc/nftables.conf')).toBe(rules);
    expect(statuses(await lab.ee('deploy', 'vps1', '--yes', '--json'))).toEqual(['vps1 unchanged']);
  });

  it('works for a user with sudo as it does for root', async () => {
    await lab.sh(
      'vps1',
      'apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install sudo >/dev/null 2>&1',
    );
    await lab.sh(
      'vps1',
      `set -e; useradd -m deployer; install -m 440 /dev/null /etc/sudoers.d/deployer
echo 'deployer ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/deployer
install -d -m 700 -o deployer /home/deployer/.ssh; install -m 600 -o deployer /root/.ssh/authorized_keys /home/deployer/.ssh/
rm -f /etc/cron.d/mailwizz /etc/nftables.conf`,
    );
    await lab.withSetting('VPS1_SSH_USER', 'deployer', async () => {
      expect(statuses(await lab.ee('deploy', 'vps1', '--yes', '--json'))).toEqual(['vps1 changed']);
      expect(statuses(await lab.ee('deploy', 'vps1', '--yes', '--json'))).toEqual(['vps1 unchanged']);
    });
  });
});
