import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApplicationContents, ArchiveContents } from '../../../src/lib/backup/application.js';
import { TarScanner, type TarMember } from '../../../src/lib/backup/tar-scanner.js';
import { applicationMembers, END_OF_TAR, packed, rawMember, tarOf, type RawMember } from '../../support/backup-set.js';

/** Scans a tar in chunks of the given size. */
function scan(tar: Buffer, chunk = tar.length) {
  const members: TarMember[] = [];
  const contents: string[] = [];
  const scanner = new TarScanner({
    member: (member) => {
      members.push(member);
      return 1000;
    },
    content: (_, content) => void contents.push(content.toString()),
  });
  for (let at = 0; at < tar.length; at += chunk) scanner.write(tar.subarray(at, at + chunk));
  return { fault: scanner.end()?.code, members, contents };
}

/** The codes of what is wrong with the members of an archive. */
function faults(members: readonly RawMember[]): readonly string[] {
  const contents = new ArchiveContents();
  const scanner = new TarScanner(contents);
  scanner.write(tarOf(members));
  expect(scanner.end()).toBeUndefined();
  return contents.findings().problems.map(({ code }) => code);
}

function application(members: readonly RawMember[]) {
  const contents = new ApplicationContents();
  const scanner = new TarScanner(contents);
  scanner.write(tarOf(members));
  expect(scanner.end()).toBeUndefined();
  return contents.findings();
}

describe('the structure of a tar file', () => {
  it('is read the same in chunks of any size', () => {
    const tar = tarOf([
      { name: 'a', content: 'one' },
      { name: 'b/', type: '5' },
      { name: 'b/c', content: 'x'.repeat(700) },
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), (chunk) => {
        const { fault, members, contents } = scan(tar, chunk);
        expect(fault).toBeUndefined();
        expect(members.map(({ name, kind, size }) => [name, kind, size])).toEqual([
          ['a', 'file', 3],
          ['b/', 'directory', 0],
          ['b/c', 'file', 700],
        ]);
        expect(contents).toEqual(['one', '', 'x'.repeat(700)]);
      }),
    );
  });

  it('has long names in the form of pax and in that of GNU', async () => {
    const long = `var/www/${'deep/'.repeat(60)}file.php`;
    expect(scan(await packed([{ name: long, content: 'x' }])).members.map(({ name }) => name)).toEqual([long]);
    const gnu = tarOf([
      { name: '././@LongLink', type: 'L', content: `${long}\0` },
      { name: long.slice(0, 100), content: 'x' },
    ]);
    expect(scan(gnu).members.map(({ name }) => name)).toEqual([long]);
  });

  it('keeps two names apart that are no UTF-8', () => {
    const latin1 = (byte: number) => rawMember({ name: '' }).fill(byte, 0, 1);
    const withChecksum = (block: Buffer): Buffer => {
      block.fill(' ', 148, 156);
      block.write(
        `${block
          .reduce((sum, byte) => sum + byte, 0)
          .toString(8)
          .padStart(6, '0')}\0`,
        148,
        'latin1',
      );
      return block;
    };
    const tar = Buffer.concat([withChecksum(latin1(0xe9)), withChecksum(latin1(0xe8)), END_OF_TAR]);
    expect(scan(tar).members.map(({ name }) => name)).toEqual(['é', 'è']);
  });

  const sound = rawMember({ name: 'a', content: 'one' });
  it.each([
    ['ends inside a member', sound.subarray(0, 514), 'TAR_TRUNCATED'],
    ['ends inside a header', Buffer.concat([sound, sound.subarray(0, 100)]), 'TAR_TRUNCATED'],
    ['has no end mark', sound, 'TAR_NO_END'],
    ['has half an end mark', Buffer.concat([sound, END_OF_TAR.subarray(512)]), 'TAR_NO_END'],
    ['goes on after its end mark', Buffer.concat([sound, END_OF_TAR, sound]), 'TAR_TRAILING'],
    [
      'goes on after half an end mark',
      Buffer.concat([sound, END_OF_TAR.subarray(512), sound, END_OF_TAR]),
      'TAR_CHECKSUM',
    ],
    ['has no member', END_OF_TAR, 'TAR_EMPTY'],
    [
      'lies about a size',
      Buffer.concat([rawMember({ name: 'a', content: 'x', size: 900_000 }), END_OF_TAR]),
      'TAR_TRUNCATED',
    ],
  ])('is not sound when it %s', (_, tar, code) => {
    expect(scan(tar).fault).toBe(code);
  });

  it('is not sound when any bit of a header is flipped', () => {
    const tar = tarOf([{ name: 'folder/file.php', content: 'one' }]);
    fc.assert(
      // Within the checksum field itself some bits (of its NUL and its space) carry no value.
      fc.property(
        fc.integer({ min: 0, max: 511 }).filter((byte) => byte < 148 || byte > 155),
        fc.nat(7),
        (byte, bit) => {
          const damaged = Buffer.from(tar);
          damaged[byte] = (damaged[byte] ?? 0) ^ (1 << bit);
          expect(scan(damaged).fault).toBe('TAR_CHECKSUM');
        },
      ),
    );
  });
});

describe('unsafe members', () => {
  const file = { name: 'app/file', content: 'x' };
  it.each<[string, readonly RawMember[], string]>([
    ['an absolute name', [{ name: '/etc/passwd' }], 'MEMBER_ABSOLUTE'],
    ['a drive', [{ name: 'C:/windows/x' }], 'MEMBER_ABSOLUTE'],
    ['a name that climbs', [{ name: 'app/../../x' }], 'MEMBER_PARENT'],
    ['a name with backslashes', [{ name: 'app\\x' }], 'MEMBER_BACKSLASH'],
    ['a NUL in a long name', [{ name: 'l', type: 'L', content: 'app/a\0b\0' }, { name: 'app/a' }], 'MEMBER_NUL'],
    ['a symbolic link to an absolute path', [{ name: 'app/l', type: '2', linkTarget: '/etc' }], 'LINK_ESCAPES'],
    ['a symbolic link that climbs out', [{ name: 'app/l', type: '2', linkTarget: '../../etc' }], 'LINK_ESCAPES'],
    ['a hard link that climbs out', [{ name: 'app/l', type: '1', linkTarget: '../etc/passwd' }], 'LINK_ESCAPES'],
    [
      'a hard link to what is not there',
      [file, { name: 'app/l', type: '1', linkTarget: 'app/other' }],
      'LINK_DANGLING',
    ],
    [
      'a file written through a link',
      [
        { name: 'app/l', type: '2', linkTarget: 'sub' },
        { name: 'app/l/file', content: 'x' },
      ],
      'MEMBER_THROUGH_LINK',
    ],
    [
      'a link whose text stays inside but leads out through another',
      [
        { name: 'deep/er/up', type: '2', linkTarget: '../..' },
        { name: 'trick', type: '2', linkTarget: 'deep/er/up/../x' },
      ],
      'LINK_THROUGH_LINK',
    ],
    ['a character device', [{ name: 'app/null', type: '3' }], 'MEMBER_DEVICE'],
    ['a FIFO', [{ name: 'app/pipe', type: '6' }], 'MEMBER_DEVICE'],
    ['a setuid file', [{ ...file, mode: 0o4755 }], 'MEMBER_SETUID'],
    ['a setgid file', [{ ...file, mode: 0o2755 }], 'MEMBER_SETUID'],
    ['the same name twice', [file, file], 'MEMBER_DUPLICATE'],
    ['the same name spelt differently', [file, { name: './app//file' }], 'MEMBER_DUPLICATE'],
    ['names that differ in case only', [file, { name: 'app/FILE' }], 'MEMBER_CASE_DUPLICATE'],
    ['a type that nobody needs', [{ name: 'app/sparse', type: 'S' }], 'MEMBER_TYPE'],
    [
      'a name without end',
      [{ name: 'l', type: 'L', content: `app/${'n'.repeat(5000)}\0` }, { name: 'x' }],
      'MEMBER_NAME_LONG',
    ],
  ])('are found: %s', (_, members, code) => {
    expect(faults(members)).toEqual([code]);
  });

  it('are none of: directories named twice, setgid directories, links that stay inside', () => {
    expect(
      faults([
        { name: './', type: '5' },
        { name: 'app/', type: '5', mode: 0o2755 },
        { name: 'app/', type: '5' },
        file,
        { name: 'app/soft', type: '2', linkTarget: '../app/file' },
        { name: 'app/hard', type: '1', linkTarget: 'app/file' },
      ]),
    ).toEqual([]);
  });

  it('are told once for each kind, with the first three and a count', () => {
    const contents = new ArchiveContents();
    for (let i = 0; i < 10; i++) {
      contents.member({ name: `/abs${i}`, kind: 'file', type: '0', mode: 0o644, size: 0, linkTarget: '' });
    }
    expect(contents.findings().problems).toEqual([
      { code: 'MEMBER_ABSOLUTE', severity: 'error', message: 'an absolute name: "/abs0", "/abs1", "/abs2" and 7 more' },
    ]);
  });

  it('include more members and more bytes than an application has', () => {
    const limits = { members: 3, bytes: 1000, nameBytes: 1024 };
    const member = { kind: 'file', type: '0', mode: 0o644, linkTarget: '' } as const;
    const many = new ArchiveContents(limits);
    for (const name of ['a', 'b', 'c', 'd']) many.member({ ...member, name, size: 0 });
    expect(many.findings().problems.map(({ code }) => code)).toEqual(['BOMB_COUNT']);
    const large = new ArchiveContents(limits);
    large.member({ ...member, name: 'a', size: 1001 });
    expect(large.findings().problems.map(({ code }) => code)).toEqual(['BOMB_SIZE']);
  });
});

describe('the application in an archive', () => {
  it.each([
    ['var/www/mailwizz/', 3],
    ['./var/www/mailwizz/', 4],
    ['mailwizz/', 1],
    ['./', 1],
    ['', 0],
  ])('[R30] under %j needs %i leading components dropped', (root, stripDepth) => {
    const { problems, facts } = application(applicationMembers(root));
    expect(problems).toEqual([]);
    expect(facts).toMatchObject({ root, stripDepth, version: '2.2.11' });
  });

  it('has the installer or not', () => {
    const installer = { name: 'var/www/mailwizz/install/index.php', content: '<?php' };
    expect(application(applicationMembers()).facts?.hasInstaller).toBe(false);
    expect(application([...applicationMembers(), installer]).facts?.hasInstaller).toBe(true);
  });

  it('[R124] brings configuration of the old system along, which is named but never shown', () => {
    const secret = "<?php return ['password' => 'old-live-password'];";
    const overrides = [
      'apps/common/config/main-custom.php',
      'apps/console/config/main-custom.php',
      'apps/init-custom.php',
      'apps/common/config/performance-levels-custom.php',
    ];
    const found = application([
      ...applicationMembers(),
      ...overrides.map((path) => ({ name: `var/www/mailwizz/${path}`, content: secret })),
    ]);
    expect(found.facts?.overrides).toEqual(overrides);
    expect(found.problems).toEqual([]);
    expect(found.notes.map(({ code }) => code)).toEqual(['STALE_CONFIG', 'NO_INSTALLER']);
    expect(JSON.stringify(found)).not.toContain('old-live-password');
  });

  it('has files that do not belong into a web root', () => {
    const stray = [{ name: 'var/www/mailwizz/dump.sql' }, { name: 'var/www/mailwizz/.git/config' }];
    const note = application([...applicationMembers(), ...stray]).notes.find(({ code }) => code === 'STRAY_FILES');
    expect(note?.message).toBe('2 files that do not belong into a web root, such as dump.sql');
  });

  it('is not MailWizz without a version, and unclear when it is there twice', () => {
    const codes = (members: readonly RawMember[]) => application(members).problems.map(({ code }) => code);
    expect(codes([{ name: 'x/apps/init.php', content: '<?php // nothing' }])).toEqual(['NO_VERSION']);
    expect(codes([...applicationMembers('a/'), ...applicationMembers('b/')])).toEqual(['AMBIGUOUS_ROOT']);
  });

  it('is there twice in a release of the vendor, where the one with its installer is taken', () => {
    const both = (...roots: string[]) => application(roots.flatMap((root) => applicationMembers(root)));
    for (const folder of ['', 'mailwizz-2.3.0/']) {
      const { facts, problems } = both(`${folder}update/`, `${folder}latest/`);
      expect([facts?.root, problems.map(({ code, severity }) => `${code} ${severity}`)]).toEqual([
        `${folder}latest/`,
        ['MEMBERS_OUTSIDE_ROOT warning'],
      ]);
    }
    const unclear = [
      ['latest/', 'older/'],
      ['a/latest/', 'b/update/'],
      ['latest/', 'update/', 'third/'],
    ];
    expect(unclear.map((roots) => both(...roots).problems.map(({ code }) => code))).toEqual(
      unclear.map(() => ['AMBIGUOUS_ROOT']),
    );
  });

  it('lies at the nearest place when an old copy lies deeper', () => {
    const { facts, problems } = application([
      ...applicationMembers('mailwizz/old/'),
      ...applicationMembers('mailwizz/'),
    ]);
    expect([facts?.root, problems]).toEqual(['mailwizz/', []]);
  });

  it('[R30] is told what lies beside it and is not unpacked', () => {
    const strangers = [{ name: 'home/user/x/evil.php' }, { name: 'var/www/mailwizz2/x/evil.php' }];
    expect(application([...applicationMembers(), ...strangers]).problems).toEqual([
      {
        code: 'MEMBERS_OUTSIDE_ROOT',
        severity: 'warning',
        message: '2 files are not under "var/www/mailwizz/" and are not unpacked, such as "home/user/x/evil.php"',
      },
    ]);
  });

  it.each([
    ['var/www/mailwizz/', { name: './var/www/mailwizz/lost.php' }],
    ['./var/www/mailwizz/', { name: 'var/www/mailwizz/lost.php' }],
    ['var/www/mailwizz/', { name: 'var/www//mailwizz/lost.php' }],
    ['./', { name: 'lost.php' }],
    ['a/', { name: 'a/link.php', type: '1', linkTarget: './a/index.php' }],
  ])('[R30] under %j may not have %j, which tar would lose', (root, member) => {
    const problems = application([...applicationMembers(root), member]).problems;
    expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['ROOT_SPELLED_TWICE', 'error']]);
  });

  it('may not link out of its web root, even to another place in the archive', () => {
    const link = { name: 'var/www/mailwizz/l', type: '2', linkTarget: '../../../etc/app.conf' };
    expect(application([...applicationMembers(), link]).problems.map(({ code }) => code)).toEqual(['LINK_ESCAPES']);
  });
});
