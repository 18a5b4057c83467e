import { createHash } from 'node:crypto';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { absent } from '../../../../src/lib/converge/resources/absent.js';
import { parseNetworkManager, type NetworkManager } from '../../../../src/lib/converge/network-manager.js';
import { addresses, retiredAddresses } from '../../../../src/lib/converge/resources/addresses.js';
import { archive } from '../../../../src/lib/converge/resources/archive.js';
import { directory } from '../../../../src/lib/converge/resources/directory.js';
import { link } from '../../../../src/lib/converge/resources/link.js';
import { debianName, localPackage } from '../../../../src/lib/converge/resources/local-package.js';
import { mariadbDatabase } from '../../../../src/lib/converge/resources/mariadb.js';
import { packages } from '../../../../src/lib/converge/resources/packages.js';
import { postgresDatabase } from '../../../../src/lib/converge/resources/postgres.js';
import { service } from '../../../../src/lib/converge/resources/service.js';
import { soundPackages } from '../../../../src/lib/converge/resources/sound-packages.js';
import { systemUser } from '../../../../src/lib/converge/resources/user.js';
import { writtenByRoot } from '../../../../src/lib/converge/resources/written-by-root.js';
import { Secret } from '../../../../src/lib/secret.js';

const said = (text: string) => Buffer.from(text);

describe('a directory', () => {
  const wanted = directory('/etc/app', '0750', 'root:mail');

  it('is made, repaired or left alone', () => {
    expect(wanted.diff(said('absent\n'))).toMatchObject({ action: 'create', summary: 'make /etc/app' });
    expect(wanted.diff(said('directory|755|root:root\n'))).toEqual({
      action: 'update',
      summary: '/etc/app: root:root 0755 → root:mail 0750',
      script: "mkdir -p '/etc/app'\nee_own 'root:mail' 0750 '/etc/app'",
    });
    expect(wanted.diff(said('directory|750|root:mail\n'))).toBeUndefined();
  });

  it('is not made where a file or a link is', () => {
    expect(() => wanted.diff(said('regular file|644|root:root\n'))).toThrow('/etc/app on the host is a regular file');
    expect(() => wanted.diff(said('symbolic link|777|root:root\n'))).toThrow('is a symbolic link');
  });
});

describe('a folder that root alone writes to', () => {
  const wanted = writtenByRoot('/etc/app');

  it('[R50] is taken from another owner and from who may write to it; who may read it stays', () => {
    for (const good of ['absent', 'directory|755|root|root', 'directory|750|root|mail']) {
      expect(wanted.diff(said(`${good}\n`))).toBeUndefined();
    }
    expect(wanted.diff(said('directory|2775|mail|mail\n'))).toEqual({
      action: 'update',
      summary: '/etc/app: mail:mail 2775 → root:mail 2755, so that root alone writes to it',
      script: "ee_own 'root:mail' 2755 '/etc/app'",
    });
    expect(wanted.diff(said('directory|770|root|mail\n'))?.summary).toContain('root:mail 0750');
    expect(() => wanted.diff(said('symbolic link|777|root|root\n'))).toThrow('is a symbolic link');
  });
});

describe('a link', () => {
  it('points where it should, or is pointed there', () => {
    const wanted = link('/etc/localtime', '/usr/share/zoneinfo/Etc/UTC');
    expect(wanted.diff(said('/usr/share/zoneinfo/Etc/UTC\n'))).toBeUndefined();
    expect(wanted.diff(said('/usr/share/zoneinfo/Europe/Paris\n'))).toMatchObject({
      action: 'update',
      summary: 'point /etc/localtime to /usr/share/zoneinfo/Etc/UTC',
    });
    expect(wanted.diff(said(''))).toMatchObject({ action: 'create' });
  });
});

describe('a thing that must not be there', () => {
  it('[R23] is kept in the backups before it goes', () => {
    const wanted = absent({ path: '/etc/nginx/sites-enabled/default', cameWith: 'nginx' });
    expect(wanted.diff(said(''))).toBeUndefined();
    expect(wanted.diff(said('present\n'))).toEqual({
      action: 'remove',
      summary: 'remove /etc/nginx/sites-enabled/default',
      script: "ee_keep '/etc/nginx/sites-enabled/default'\nrm -f '/etc/nginx/sites-enabled/default'",
    });
  });

  it('[R21] is in the plan of a bare host already, since its package will bring it', () => {
    const wanted = absent({ path: '/etc/nginx/sites-enabled/default', cameWith: 'nginx' });
    expect(wanted.diff(said('to-come\n'))).toMatchObject({ action: 'remove' });
  });
});

describe('packages', () => {
  const wanted = packages('web', ['nginx', 'curl']);

  it('are installed where dpkg does not call them installed', () => {
    expect(wanted.diff(said(''))).toMatchObject({ action: 'create', summary: 'install nginx, curl' });
    expect(wanted.diff(said('config-files nginx\ninstalled curl\n'))?.summary).toBe('install nginx');
    expect(wanted.diff(said('installed nginx\ninstalled curl\n'))).toBeUndefined();
  });

  it('[R43] are installed without questions, without a terminal and without starting a service', () => {
    const lines = wanted.diff(said(''))?.script.split('\n') ?? [];
    expect(lines[0]).toBe('export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l UCF_FORCE_CONFFOLD=1');
    expect(lines).toContain("  trap 'rm -f /usr/sbin/policy-rc.d' EXIT");
    expect(lines.at(-1)).toMatch(
      /^apt-get -q -y .*--force-confdef .*--force-confold --no-install-recommends install 'nginx' 'curl' \|\| /,
    );
  });

  it('[R19] are installed in a step that no interruption ends', () => {
    expect(wanted.diff(said(''))?.isPackageStep).toBe(true);
  });

  it('clean up what a killed installation left', () => {
    expect(wanted.diff(said('installed nginx\ninstalled curl\npolicy left-behind\n'))).toEqual({
      action: 'remove',
      summary: 'remove the leftover of a cut installation',
      script: 'rm -f /usr/sbin/policy-rc.d',
    });
  });
});

describe('packages that are half installed', () => {
  const wanted = soundPackages(['powermta']);

  it('[R19] are repaired, but for those that no archive has', () => {
    expect(wanted.diff(said(''))).toBeUndefined();
    expect(wanted.diff(said('iF powermta\n'))).toBeUndefined();
    expect(wanted.diff(said('HR libnode115:amd64\niF powermta\nU  nodejs\n'))).toMatchObject({
      action: 'update',
      summary: 'repair what is half installed: libnode115:amd64, nodejs',
      isPackageStep: true,
    });
  });

  it('are named, but not a hundred of them', () => {
    const lines = Array.from({ length: 7 }, (_, at) => `U  package${at}\n`).join('');
    expect(wanted.diff(said(lines))?.summary).toBe(
      'repair what is half installed: package0, package1, package2, package3, package4 and 2 more',
    );
  });

  it('are told from the others by the words of dpkg', async () => {
    const dpkg = `dpkg() { printf '%s\\n' 'ii  nginx' 'iHR libnode:amd64' 'hHR powermta' 'iU  nodejs' 'iF  curl' 'it  libc-bin' 'rc  old' 'hi  held'; }`;
    const { stdout } = await execa('sh', { input: `${dpkg}\n${wanted.probe.replace('dpkg-query', 'dpkg')}` });
    expect(stdout.split('\n')).toEqual(['HR libnode:amd64', 'HR powermta', 'U  nodejs', 'F  curl', 't  libc-bin']);
  });
});

describe("a vendor's package", () => {
  const sha256 = 'a'.repeat(64);
  const given = {
    label: 'powermta',
    name: 'powermta',
    version: '5.0r7',
    bytes: 7,
    sha256,
    programs: ['/usr/sbin/pmtad'],
  };
  const wanted = localPackage({ ...given, file: '/srv/powermta_5.0r7.deb', format: 'deb' });

  it('[R59] is known by its SHA-256, and held', () => {
    expect(wanted.diff(said(`installed ${sha256} 5.0r7\n`))).toBeUndefined();
    expect(wanted.diff(said(''))).toMatchObject({
      action: 'create',
      summary: 'install powermta 5.0r7 from powermta_5.0r7.deb',
      uploads: [{ source: '/srv/powermta_5.0r7.deb', bytes: 7, sha256, target: `/var/lib/ee/staging/${sha256}.deb` }],
    });
    expect(wanted.diff(said(`installed ${'b'.repeat(64)} 5.0r6\n`))).toMatchObject({
      action: 'update',
      summary: 'install powermta 5.0r7 from powermta_5.0r7.deb, in the place of 5.0r6',
    });
    expect(wanted.diff(said(''))?.script).toContain('apt-mark hold "$name"');
  });

  it('[R19] that is half installed is unpacked again, in a step that no interruption ends', () => {
    const difference = wanted.diff(said('broken iF \n'));
    expect(difference).toMatchObject({
      action: 'update',
      summary: 'install powermta 5.0r7 from powermta_5.0r7.deb, over one that is half installed',
      isPackageStep: true,
    });
    expect(difference?.script).toContain('dpkg --force-confdef --force-confold --unpack "$deb"');
  });

  it('is known by the name that alien gives it', () => {
    expect(debianName({ name: 'PowerMTA', format: 'rpm' })).toBe('powermta');
    expect(debianName({ name: 'power_MTA', format: 'rpm' })).toBe('power-mta');
    expect(debianName({ name: 'powermta', format: 'deb' })).toBe('powermta');
  });

  it('goes through alien on the host where it is an .rpm, which is brought only if it is missing', () => {
    const rpm = localPackage({ ...given, file: '/srv/PowerMTA-5.0r7.rpm', format: 'rpm' }).diff(said(''));
    expect(rpm?.uploads?.[0]?.target).toBe(`/var/lib/ee/staging/${sha256}.rpm`);
    expect(rpm?.script).toContain('command -v alien >/dev/null || (');
    expect(rpm?.script).toContain('alien -k --scripts --to-deb');
    expect(wanted.diff(said(''))?.script).not.toContain('alien');
  });

  it('[R60] stops where a program is not the one that its package brought', () => {
    const altered = said(`altered /usr/sbin/pmtad powermta\ninstalled ${sha256} 5.0r7\n`);
    expect(() => wanted.diff(altered)).toThrow(
      '/usr/sbin/pmtad on the host differs from what the package powermta brought: its checksum is another one.',
    );
    expect(() => wanted.diff(said('foreign /usr/sbin/pmtad\n'))).toThrow('came with no package');
  });
});

describe('a service that is judged by what answers', () => {
  const wanted = service({
    name: 'postgresql',
    worker: 'echo postgresql@17-main',
    answers: 'pg_isready',
    ready: 'psql',
  });

  it('is started by the unit that does the work, where its wrapper stays active without it', () => {
    const difference = wanted.diff(said('enabled active\nworker postgresql@17-main failed\n'));
    expect(difference?.summary).toBe('start postgresql (postgresql@17-main is failed)');
    expect(difference?.script).toContain('systemctl start "$ee_worker"');
    expect(difference?.script).toContain('until ( psql )');
  });

  it('is restarted where it runs and does not answer', () => {
    const difference = wanted.diff(said('enabled active\nworker postgresql@17-main active\nsilent\n'));
    expect(difference?.summary).toBe('restart postgresql, which runs and does not answer');
    expect(difference?.script).toContain("systemctl restart 'postgresql'");
  });

  it('[R20] is left alone where its worker runs and answers, or is not known', () => {
    expect(wanted.diff(said('enabled active\nworker postgresql@17-main active\n'))).toBeUndefined();
    expect(wanted.diff(said('enabled active\n'))).toBeUndefined();
  });
});

describe('a service', () => {
  const wanted = service('nginx');

  it.each([
    ['disabled inactive', 'enable and start nginx'],
    [' inactive', 'enable and start nginx'],
    ['not-found inactive', 'enable and start nginx'],
    ['masked inactive', 'enable and start nginx'],
    ['enabled failed', 'start nginx'],
    ['enabled activating', 'start nginx'],
    ['disabled active', 'enable nginx'],
  ])('that is "%s" gets: %s', (state, summary) => {
    expect(wanted.diff(said(`${state}\n`))).toMatchObject({ action: 'update', summary });
  });

  it.each(['enabled active', 'static active', 'alias active', 'generated active', 'indirect active'])(
    '[R20] that is "%s" is left alone',
    (state) => {
      expect(wanted.diff(said(`${state}\n`))).toBeUndefined();
    },
  );

  it('shows its own last lines when it does not start', () => {
    expect(wanted.diff(said('enabled failed\n'))?.script).toContain(
      "if ! systemctl start 'nginx'; then journalctl -q --no-pager -o cat -u 'nginx' -n 12; exit 1; fi",
    );
  });
});

describe('a user', () => {
  it('is added where there is none', () => {
    const wanted = systemUser('engine', '/nonexistent');
    expect(wanted.diff(said('engine:x:998:998::/nonexistent:/usr/sbin/nologin\n'))).toBeUndefined();
    expect(wanted.diff(said('\n'))).toEqual({
      action: 'create',
      summary: 'add the system user engine',
      script:
        "useradd --system --user-group --home-dir '/nonexistent' --no-create-home --shell /usr/sbin/nologin 'engine'",
    });
  });
});

describe('a MariaDB database', () => {
  const wanted = mariadbDatabase({ name: 'mailwizz_v2', user: 'mailwizz', password: new Secret(`p"a'b\\c`) });

  it('[R40] is made where it is missing; the user alone is mended where only the login fails', () => {
    expect(wanted.diff(said(''))).toMatchObject({ action: 'create', summary: 'create the empty database mailwizz_v2' });
    expect(wanted.diff(said('database\n'))).toMatchObject({
      action: 'update',
      summary: 'give mailwizz access to the database mailwizz_v2, and to nothing else',
    });
    expect(wanted.diff(said('database\nright on mailwizz\\_v2\nlogin\n'))).toBeUndefined();
  });

  it('gives rights on exactly that database: `_` stands for any character in a grant', () => {
    const grant = "GRANT ALL PRIVILEGES ON `mailwizz\\_v2`.* TO 'mailwizz'@'localhost';";
    for (const rights of [
      'right on mailwizz_v2',
      'right on mailwizz\\_v2\nright on other',
      'right on mailwizz\\_v2\nright to FILE',
    ]) {
      const script = wanted.diff(said(`database\n${rights}\nlogin\n`))?.script ?? '';
      expect(script.indexOf('REVOKE ALL PRIVILEGES, GRANT OPTION FROM')).toBeLessThan(script.indexOf(grant));
      expect(script).toContain(grant);
    }
  });

  it('[R46] is never dropped', () => {
    for (const state of ['', 'database\n'])
      expect(wanted.diff(said(state))?.script).not.toMatch(/DROP|TRUNCATE|DELETE/i);
  });

  it('escapes the password in its two languages', () => {
    expect(wanted.probe.split('\n')).toContain(`password="p\\"a'b\\\\c"`);
    expect(wanted.diff(said(''))?.script).toContain(`IDENTIFIED BY 'p"a\\'b\\\\c';`);
  });

  it('refuses names that would be syntax', () => {
    const password = new Secret('x');
    expect(() => mariadbDatabase({ name: 'a`b', user: 'c', password })).toThrow('not a name for a database: a`b');
    expect(() => mariadbDatabase({ name: 'a', user: "c'", password })).toThrow("not a name for a database: c'");
  });
});

describe('a PostgreSQL database', () => {
  const wanted = postgresDatabase({ name: 'email_engine', password: new Secret("p'q") });

  it('is made, or given its password back, unless the login works', () => {
    expect(wanted.diff(said('database\nlogin\n'))).toBeUndefined();
    expect(wanted.diff(said(''))).toMatchObject({
      action: 'create',
      summary: 'create the database email_engine and its role',
    });
    expect(wanted.diff(said('database\n'))).toMatchObject({
      action: 'update',
      summary: 'give the role email_engine its password',
    });
  });

  it('escapes the password in SQL', () => {
    expect(wanted.diff(said(''))?.script).toContain("ALTER ROLE email_engine LOGIN PASSWORD 'p''q';");
  });

  it('refuses a name that would be syntax', () => {
    expect(() => postgresDatabase({ name: 'a; DROP', password: new Secret('x') })).toThrow('not a name for a database');
  });
});

describe('an application archive', () => {
  const sha256 = 'c'.repeat(64);
  const ARCHIVE = {
    path: '/var/www/mailwizz',
    file: '/backup/application.tar.gz',
    bytes: 9,
    sha256,
    root: 'var/www/mailwizz/',
    stripDepth: 3,
    contains: 'apps/init.php',
    prepare: 'prepare it',
  };
  const wanted = archive(ARCHIVE);

  it('[R30] is unpacked with its own depth, prepared, and only then put in place', () => {
    const difference = wanted.diff(said('free\n'));
    expect(difference).toMatchObject({
      action: 'create',
      summary: 'unpack application.tar.gz into /var/www/mailwizz',
      uploads: [{ target: `/var/lib/ee/staging/${sha256}.tar.gz` }],
    });
    const lines = difference?.script.split('\n') ?? [];
    const at = (text: string) => lines.findIndex((line) => line.includes(text));
    expect(lines[at('tar -xzf')]).toMatch(/ --strip-components=3 .* -- 'var\/www\/mailwizz'$/);
    const order = [at('tar -xzf'), at("/'apps/init.php' ]"), at('prepare it'), at('mv -T')];
    expect(order.every((place) => place >= 0)).toBe(true);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('[R30] is unpacked whole where it lies at the top of its archive', () => {
    const tar = (root: string) =>
      /^tar .*$/m.exec(archive({ ...ARCHIVE, root }).diff(said('free\n'))?.script ?? '')?.[0];
    expect(tar('')).toMatch(/--no-same-permissions$/);
    expect(tar('./')).toMatch(/ -- '\.'$/);
    expect(tar("-it's/")).toMatch(/ -- '-it'\\''s'$/);
  });

  it('[R20] is left alone where it came from this archive', () => {
    expect(wanted.diff(said(`used ${sha256}\n`))).toBeUndefined();
  });

  it('[R46] is never unpacked over anything else', () => {
    expect(() => wanted.diff(said('used \n'))).toThrow(
      '/var/www/mailwizz on the host holds files that no run of this tool put there; they are not touched.',
    );
    expect(() => wanted.diff(said(`used ${'d'.repeat(64)}\n`))).toThrow(
      'holds an application from another archive (SHA-256 dddddddddddd…); it is not touched.',
    );
  });
});

describe('addresses', () => {
  const both = ['192.0.2.11', '192.0.2.12'];
  const on = (manager: NetworkManager, list: readonly string[] = both) => ({
    interface: 'eth0',
    manager,
    addresses: list,
  });
  const fileOf = (manager: NetworkManager) => addresses(on(manager)).at(-1)?.diff(said('absent\n'));

  it('[R74] are a drop-in of the file that networkd applies, and are added without touching the interface', () => {
    const manager = { kind: 'networkd', file: '/run/systemd/network/10-cloud.network' } as const;
    expect(addresses(on(manager)).map(({ id }) => id)).toEqual([
      'directory:/etc/systemd/network/10-cloud.network.d',
      'file:/etc/systemd/network/10-cloud.network.d/50-ee-sending.conf',
    ]);
    const difference = fileOf(manager);
    expect(difference?.detail).toContain('+[Network]\n+Address=192.0.2.11/32\n+Address=192.0.2.12/32\n');
    expect(difference?.script).toContain(`ip address replace "192.0.2.12/32" dev 'eth0'`);
    // Now, and for the next time that networkd configures the interface, which it is told of and not restarted for.
    expect(difference?.script).toMatch(/ip address replace[\s\S]*networkctl reload[\s\S]*until ip -o -4 address show/);
    expect(difference?.revert).toContain('networkctl reload');
    expect(difference?.script).not.toMatch(/restart|netplan|reconfigure/);
  });

  it('[R74] are a file of netplan’s for its own name of the interface, checked by netplan and never applied by it', () => {
    const difference = fileOf({ kind: 'netplan', type: 'ethernets', id: 'uplink' });
    expect(difference?.summary).toBe('write /etc/netplan/90-ee-sending.yaml');
    expect(difference?.detail).toContain(
      '+network:\n+  version: 2\n+  ethernets:\n+    "uplink":\n+      addresses:\n+        - 192.0.2.11/32\n+        - 192.0.2.12/32\n',
    );
    expect(difference?.script).toContain('chmod 0600');
    expect(difference?.script).toContain('netplan generate');
    expect(difference?.script).toMatch(/netplan generate[\s\S]*networkctl reload/);
    expect(difference?.script).not.toMatch(/netplan (apply|try)/);
  });

  it('[R74] are stanzas of ifupdown’s, which are read', () => {
    const difference = fileOf({ kind: 'ifupdown' });
    expect(difference?.summary).toBe('write /etc/network/interfaces.d/60-ee-sending');
    expect(difference?.detail).toContain(
      `+iface eth0 inet manual\n+    up ip -o -4 address show dev 'eth0' to 192.0.2.11/32 | grep -q . || ip address replace 192.0.2.11/32 dev 'eth0' scope link\n`,
    );
    expect(difference?.script).toContain('source /etc/network/interfaces.d/60-ee-sending');
    expect(difference?.script).not.toMatch(/ifdown|ifup /);
  });

  it('[R74] are a unit of their own where another program manages the interface', () => {
    const difference = fileOf({ kind: 'other' });
    expect(difference?.summary).toBe('write /etc/systemd/system/ee-addresses.service');
    expect(difference?.detail).toContain(
      `+ExecStart=/bin/sh -c "ip -o -4 address show dev 'eth0' to 192.0.2.11/32 | grep -q . || ip address replace 192.0.2.11/32 dev 'eth0'"\n`,
    );
  });

  describe('that the provider gives the interface in a file of his', () => {
    const manager = { kind: 'networkd', file: '/etc/systemd/network/10-eth0.network' } as const;
    const diff = (answer: string, seen: string, list = both) =>
      addresses(on(manager, list))
        .at(-1)
        ?.diff(said(`${answer}\n@ee rest\n${seen}`));
    const ours = '# Sending addresses of PowerMTA; written by ee.\n[Network]\nAddress=192.0.2.12/32\n';
    const with12 = `file 644 root:root\nsha256 ${createHash('sha256').update(ours).digest('hex')}\ncontent\n${ours}`;

    it('are not written a second time', () => {
      const written = diff('provided 192.0.2.11\nprovided 192.0.2.1\n', 'absent\n');
      expect(written?.detail).toContain('+Address=192.0.2.12/32');
      expect(written?.detail).not.toContain('Address=192.0.2.11/32');
      expect(diff('provided 192.0.2.11\n', with12)).toBeUndefined();
      // One that somebody took off is put back, and stays the provider's.
      expect(written?.script).toContain(`ip address replace "192.0.2.11/32" dev 'eth0'`);
      expect(written?.script).not.toContain('echo "192.0.2.11" >>');
    });

    it('need no file where they are all', () => {
      const all = 'provided 192.0.2.11\nprovided 192.0.2.12\n';
      expect(diff(all, 'absent\n')).toBeUndefined();
      expect(diff(`${all}missing 192.0.2.12\n`, 'absent\n')).toMatchObject({
        action: 'run',
        summary: 'put 192.0.2.12 back on eth0',
      });
    });

    it('go out of the file in which an earlier run wrote them', () => {
      const gone = diff('provided 192.0.2.12\n', with12, ['192.0.2.12']);
      expect(gone?.detail).toContain('-Address=192.0.2.12/32');
      // They stay on the interface, whatever happens to the run.
      expect(gone?.script).not.toContain('ip address del');
    });

    it('do not come into the file when others go', () => {
      const seen = with12.replace(/sha256 \w+/, 'sha256 other').replace(ours, `${ours}Address=192.0.2.13/32\n`);
      const taken = retiredAddresses(on(manager)).diff(said(seen));
      expect(taken?.summary).toBe('take 192.0.2.13 off eth0');
      expect(taken?.detail).not.toContain('192.0.2.11');
    });
  });

  describe('that no longer send', () => {
    const manager = { kind: 'networkd', file: '/etc/systemd/network/10-eth0.network' } as const;
    const withThree = said(
      'file 644 root:root\nsha256 other\ncontent\n[Network]\nAddress=192.0.2.11/32\nAddress=192.0.2.12/32\nAddress=192.0.2.13/32\n',
    );
    const wanted = on(manager, ['192.0.2.11', '192.0.2.14']);

    it('stay while the new ones are added', () => {
      const added = addresses(wanted).at(-1)?.diff(withThree);
      expect(added?.detail).toContain(' Address=192.0.2.12/32\n Address=192.0.2.13/32');
      expect(added?.detail).toContain('+Address=192.0.2.14/32');
      expect(added?.script).not.toContain('ip address del');
    });

    it('are taken from the file and off the interface afterwards, if they were ours', () => {
      const taken = retiredAddresses(wanted).diff(withThree);
      expect(taken).toMatchObject({ action: 'remove', summary: 'take 192.0.2.12, 192.0.2.13 off eth0' });
      expect(taken?.revert).toContain('ip address replace');
      expect(retiredAddresses(on(manager, [...both, '192.0.2.13'])).diff(withThree)).toBeUndefined();
      expect(retiredAddresses(wanted).diff(said('absent\n'))).toBeUndefined();
    });
  });
});

describe('who manages an interface', () => {
  it.each([
    ['networkd /etc/systemd/network/a b.network', { kind: 'networkd', file: '/etc/systemd/network/a b.network' }],
    ['netplan ethernets eth0', { kind: 'netplan', type: 'ethernets', id: 'eth0' }],
    ['ifupdown', { kind: 'ifupdown' }],
    ['', { kind: 'other' }],
  ])('reads "%s"', (answer, manager) => expect(parseNetworkManager(answer)).toEqual(manager));
});
