import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/lib/package-root.js';
import { TestLab } from '../support/lab.js';

interface Deployment {
  readonly hosts?: readonly {
    readonly status: string;
    readonly changes: readonly { readonly id: string; readonly summary: string }[];
  }[];
  readonly error?: { readonly code: string; readonly exit: number; readonly message: string; readonly hint: string };
}

const lab = new TestLab('t-pkg');

/** Builds the stand-in of a release, and names it in the settings of the lab. */
async function bring(format: 'deb' | 'rpm', release: string): Promise<void> {
  const folder = join(lab.folder, 'packages', `${release}-${format}`);
  await execa('sh', [join(packageRoot(), 'assets/lab/pmta/build.sh'), folder, format, release]);
  const [name = ''] = await readdir(folder);
  const settings = await readFile(lab.settingsFile, 'utf8');
  await writeFile(lab.settingsFile, settings.replace(/^PMTA_PACKAGE=.*$/m, `PMTA_PACKAGE=${join(folder, name)}`));
}

async function deployed(): Promise<{
  exit: number | undefined;
  status: string;
  packages: string[];
  error: Deployment['error'];
}> {
  const { exit, stdout, json } = await lab.ee('deploy', 'vps2', '--yes', '--json');
  const { hosts, error } = json<Deployment>();
  const [host] = hosts ?? [];
  const packages = (host?.changes ?? []).flatMap(({ id, summary }) => (id === 'package:powermta' ? [summary] : []));
  return { exit, status: host?.status ?? stdout, packages, error };
}

/** The file that the settings name. */
const packageFile = async (): Promise<string> =>
  /^PMTA_PACKAGE=(.*)$/m.exec(await readFile(lab.settingsFile, 'utf8'))?.[1] ?? '';

/** Names the package of the settings anew, with a script of its own that fails. */
async function spoil(script: 'preinst' | 'postinst', said: string): Promise<void> {
  const tree = await mkdtemp(join(lab.folder, 'spoilt-'));
  await execa('dpkg-deb', ['-R', await packageFile(), tree]);
  const path = join(tree, 'DEBIAN', script);
  await writeFile(path, (await readFile(path, 'utf8')).replace('\n', `\necho "${said}"; exit 1\n`));
  await execa('dpkg-deb', ['--root-owner-group', '-b', tree, `${tree}.deb`]);
  const settings = await readFile(lab.settingsFile, 'utf8');
  await writeFile(lab.settingsFile, settings.replace(/^PMTA_PACKAGE=.*$/m, `PMTA_PACKAGE=${tree}.deb`));
}

const installed = () => lab.sh('vps2', `dpkg-query -W -f '\${Version} \${db:Status-Abbrev}' powermta`);
const runs = () => lab.sh('vps2', 'systemctl is-active pmta; pmta show license >/dev/null && pmta show version');
const sums = (...files: string[]) => lab.sh('vps2', `sha256sum ${files.join(' ')}`);

/** What is the operator's on the host, and none of the package's business. */
const OPERATORS = ['/etc/pmta/config', '/etc/pmta/license', '/etc/pmta/dkim/mail1.pem', '/etc/pmta/local.conf'];

describe('the package of PowerMTA', () => {
  beforeAll(async () => {
    await lab.up('packages', { hosts: ['vps1', 'vps2'] });
    await bring('rpm', 'r8');
  });
  afterAll(() => lab.down());

  it('[R14] [R59] as an .rpm is installed through alien, which is brought for it, and held; then nothing is left to do', async () => {
    expect((await lab.try('vps2', 'command -v alien')).exit).not.toBe(0);
    const { exit, status, packages, error } = await deployed();
    expect([exit, status], error?.message).toEqual([0, 'changed']);
    expect(packages).toEqual(['install powermta 5.0r8-1 from PowerMTA-5.0r8-1.x86_64.rpm']);
    expect(await installed()).toBe('5.0r8-1 hi');
    expect(await runs()).toMatch(/^active\n/);
    expect(await lab.sh('vps2', 'ls -A /var/lib/ee/staging')).toBe('');
    expect(await deployed()).toMatchObject({ exit: 0, status: 'unchanged' });
  });

  it.each([
    ['rpm', 'r9', 'install powermta 5.0r9-1 from PowerMTA-5.0r9-1.x86_64.rpm, in the place of 5.0r8-1'],
    ['deb', 'r10', 'install powermta 5.0r10+standin1 from powermta-stand-in_5.0r10_amd64.deb, in the place of 5.0r9-1'],
    [
      'deb',
      'r8',
      'install powermta 5.0r8+standin1 from powermta-stand-in_5.0r8_amd64.deb, in the place of 5.0r10+standin1',
    ],
  ] as const)(
    'as a %s of %s takes the place of another version, and every file of the operator stays as it was',
    async (format, release, summary) => {
      await lab.sh('vps2', `[ -e /etc/pmta/local.conf ] || echo '# mine' > /etc/pmta/local.conf`);
      const before = await sums(...OPERATORS);
      await bring(format, release);

      const { exit, packages, error } = await deployed();

      expect([exit, packages], error?.message).toEqual([0, [summary]]);
      expect(await sums(...OPERATORS)).toBe(before);
      expect(await lab.sh('vps2', `stat -c '%U:%G %a' /etc/pmta/config /etc/pmta/license`)).toBe(
        'root:pmta 640\nroot:pmta 640',
      );
      // What the new version brings as an example lies beside the operator's own, which is in force.
      expect(await lab.sh('vps2', 'find /etc/pmta -name "*.dpkg-*"; apt-mark showhold')).toBe(
        '/etc/pmta/config.dpkg-dist\npowermta',
      );
      expect(await runs()).toMatch(/^active\n/);
      expect(await deployed()).toMatchObject({ exit: 0, status: 'unchanged' });
    },
  );

  it('[R60] whose pmtad differs from what dpkg recorded stops the run, says why and what to do; and that helps', async () => {
    const before = await sums(...OPERATORS);
    await lab.sh('vps2', `echo '# patched' >> /usr/sbin/pmtad; rm -f /var/lib/ee/pmta/applied`);
    for (const words of [['--yes'], ['--dry-run']]) {
      const { exit, json } = await lab.ee('deploy', 'vps2', ...words, '--json');
      expect(exit).toBe(1);
      const { error } = json<Deployment>();
      expect(error).toMatchObject({ code: 'PACKAGE_ALTERED' });
      expect(error?.message).toBe(
        'vps2: /usr/sbin/pmtad on the host differs from what the package powermta brought: its checksum is another one. ' +
          'A program that somebody changed or brought by hand is not deployed with.',
      );
      expect(error?.hint).toContain('`apt-mark unhold powermta; dpkg --remove powermta`');
    }
    // Nothing after it was done either.
    expect((await lab.try('vps2', 'test -e /var/lib/ee/pmta/applied')).exit).toBe(1);

    await lab.sh('vps2', 'apt-mark unhold powermta; dpkg --remove powermta');
    expect(await sums(...OPERATORS)).toBe(before);
    const { exit, packages, error } = await deployed();
    expect([exit, packages.length], error?.message).toEqual([0, 1]);
    expect(await sums(...OPERATORS)).toBe(before);
    expect(await runs()).toMatch(/^active\n/);
  });

  it('[R60] beside which a program came with no package stops the run as well', async () => {
    await lab.sh(
      'vps2',
      'cp -p /usr/sbin/pmtahttpd /root/; dpkg --remove --force-all powermta >/dev/null 2>&1; cp -p /root/pmtahttpd /usr/sbin/',
    );
    const { exit, error } = await deployed();
    expect([exit, error?.code]).toEqual([1, 'PACKAGE_ALTERED']);
    expect(error?.message).toContain('/usr/sbin/pmtahttpd on the host came with no package');
    await lab.sh('vps2', 'mv /usr/sbin/pmtahttpd /usr/sbin/pmtahttpd.foreign');
    expect(await deployed()).toMatchObject({ exit: 0, status: 'changed' });
  });

  it('[R19] whose own script fails is replaced by a good one of the same version', async () => {
    await bring('deb', 'r11');
    const good = await readFile(lab.settingsFile, 'utf8');
    await spoil('postinst', 'the licence server does not answer');
    const failed = await deployed();
    expect([failed.exit, failed.error?.code]).toEqual([1, 'REMOTE_FAILED']);
    expect(failed.error?.message).toContain('the licence server does not answer');
    expect(await installed()).toBe('5.0r11+standin1 hF');
    // It fails the same way again, and not for ever: naming the good file leads out.
    expect((await deployed()).exit).toBe(1);

    await writeFile(lab.settingsFile, good);
    const { exit, packages, error } = await deployed();
    expect([exit, packages], error?.message).toEqual([
      0,
      ['install powermta 5.0r11+standin1 from powermta-stand-in_5.0r11_amd64.deb, over one that is half installed'],
    ]);
    expect(await installed()).toBe('5.0r11+standin1 hi');
    expect(await runs()).toMatch(/^active\n/);
    expect(await deployed()).toMatchObject({ exit: 0, status: 'unchanged' });
  });

  it('that refuses to be unpacked leaves the running PowerMTA alone, then and at the next good run', async () => {
    const good = await readFile(lab.settingsFile, 'utf8');
    const started = () => lab.sh('vps2', 'systemctl show -p ActiveEnterTimestampMonotonic --value pmta');
    const before = await started();
    await bring('deb', 'r12');
    await spoil('preinst', 'this build is not for you');
    const failed = await deployed();
    expect([failed.exit, failed.error?.message]).toEqual([1, expect.stringContaining('this build is not for you')]);
    expect(await installed()).toBe('5.0r11+standin1 hi');

    await writeFile(lab.settingsFile, good);
    expect(await deployed()).toMatchObject({ exit: 0, status: 'unchanged' });
    expect(await started()).toBe(before);
  });

  it('of another build of the same version, installed by hand, is replaced by the one that the settings name', async () => {
    const named = join(lab.folder, 'by-hand');
    await execa('dpkg-deb', ['-R', await packageFile(), named]);
    await writeFile(join(named, 'usr/share/doc/powermta-by-hand'), 'another build\n');
    const sums = join(named, 'DEBIAN/md5sums');
    await writeFile(
      sums,
      `${await readFile(sums, 'utf8').catch(() => '')}${'0'.repeat(32)}  usr/share/doc/powermta-by-hand\n`,
    );
    await execa('dpkg-deb', ['--root-owner-group', '-b', named, `${named}.deb`]);
    const content = (await readFile(`${named}.deb`)).toString('base64');
    await lab.sh(
      'vps2',
      `base64 -d > /root/by-hand.deb <<'EOF'\n${content}\nEOF\napt-mark unhold powermta; dpkg -i --force-confold /root/by-hand.deb`,
    );

    expect((await deployed()).packages).toEqual([
      'install powermta 5.0r11+standin1 from powermta-stand-in_5.0r11_amd64.deb',
    ]);
    expect((await lab.try('vps2', 'test -e /usr/share/doc/powermta-by-hand')).exit).toBe(1);
    expect(await deployed()).toMatchObject({ exit: 0, status: 'unchanged' });
  });
});
