import { growthOf, LINEAR } from '../../support/operations.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApplicationContents } from '../../../src/lib/backup/application.js';
import { DatabaseContents } from '../../../src/lib/backup/database.js';
import { MemberSafety } from '../../../src/lib/backup/member-safety.js';
import { TarScanner, type TarMember } from '../../../src/lib/backup/tar-scanner.js';
import { judgeTracked } from '../../../src/lib/backup/tracked-files.js';
import { rawMember } from '../../support/backup-set.js';

const member = (name: string, more: Partial<TarMember> = {}): TarMember => ({
  ...{ name, kind: 'file', type: '0', mode: 0o644, size: 0, linkTarget: '' },
  ...more,
});

const problems = (members: Iterable<TarMember>): string[] => {
  const safety = new MemberSafety();
  for (const one of members) safety.add(one);
  return safety.problems().map(({ code }) => code);
};

function* counted(n: number, make: (i: number) => TarMember): Generator<TarMember> {
  for (let i = 0; i < n; i++) yield make(i);
}

describe('judging members costs what their names are', () => {
  const deep = (n: number): string => 'a/'.repeat(n);
  it.each<[string, (n: number) => Iterable<TarMember>]>([
    ['members', (n) => counted(n, (i) => member(`a/${i}`))],
    ['a deep name', (n) => counted(1, () => member(`${deep(n)}b`))],
    ['a link with a deep target', (n) => counted(1, () => member('l', { kind: 'symlink', linkTarget: `${deep(n)}b` }))],
    [
      'a deep link',
      (n) => counted(1, () => member(`${deep(n)}l`, { kind: 'symlink', linkTarget: `${'../'.repeat(n)}b` })),
    ],
    ['links', (n) => counted(n, (i) => member(`l${i}`, { kind: 'symlink', linkTarget: 'a/b/c' }))],
  ])('%s', (_, members) => {
    const growth = growthOf(60, (n) => () => {
      const safety = new MemberSafety({ members: 1e6, bytes: 1e9, nameBytes: 1e6 });
      for (const one of members(n)) safety.add(one);
      return safety.problems();
    });
    expect(growth).toBeLessThan(LINEAR);
  });

  it('and of a long name with NUL bytes', () => {
    const growth = growthOf(500, (n) => {
      const tar = Buffer.concat([
        rawMember({ name: 'l', type: 'L', content: `a${'\0'.repeat(n)}b` }),
        rawMember({ name: 'x' }),
      ]);
      return () => {
        const scanner = new TarScanner({ member: () => 0 });
        scanner.write(tar);
      };
    });
    expect(growth).toBeLessThan(LINEAR);
  });

  it('and of two applications in each folder', () => {
    const contents = new ApplicationContents();
    for (let i = 0; i < 200_000; i++) {
      const entry = member(`${i}/apps/init.php`);
      contents.member(entry);
      contents.content(entry, Buffer.from(''));
    }
    expect(contents.findings().problems.map(({ code }) => code)).toEqual(['AMBIGUOUS_ROOT']);
  });
});

describe('500 archives', () => {
  /** What is wrong with paths and links, told from all names at once. */
  function simply(members: readonly TarMember[]): Set<string> {
    const found = new Set<string>();
    const first = new Map<string, TarMember>();
    for (const one of members) {
      const earlier = first.get(one.name.toLowerCase());
      if (!earlier) first.set(one.name.toLowerCase(), one);
      else if (earlier.name !== one.name) found.add('MEMBER_CASE_DUPLICATE');
      else if (earlier.kind !== 'directory' || one.kind !== 'directory') found.add('MEMBER_DUPLICATE');
    }
    const isLink = (path: string): boolean => first.get(path.toLowerCase())?.kind === 'symlink';
    const above = (path: string): string[] =>
      path
        .split('/')
        .map((_, i, all) => all.slice(0, i).join('/'))
        .slice(1);
    for (const { name } of members) if (above(name).some(isLink)) found.add('MEMBER_THROUGH_LINK');
    for (const { kind, linkTarget } of members) {
      if (kind !== 'symlink' && kind !== 'hardlink') continue;
      if (above(linkTarget).some(isLink)) found.add('LINK_THROUGH_LINK');
      else if (kind === 'hardlink' && first.get(linkTarget.toLowerCase())?.kind !== 'file') found.add('LINK_DANGLING');
    }
    return found;
  }

  const path = fc.array(fc.constantFrom('a', 'b', 'A'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const any = fc
    .record({ name: path, kind: fc.constantFrom('file', 'directory', 'symlink', 'hardlink'), linkTarget: path })
    // A target that climbs is another matter: links of the top folder have none.
    .map(({ name, kind, linkTarget }) =>
      kind === 'symlink' ? member(name.split('/').join('-'), { kind, linkTarget }) : member(name, { kind, linkTarget }),
    );

  it('are judged by hashes as they would be by names', () => {
    fc.assert(
      fc.property(fc.array(any, { maxLength: 8 }), (members) => {
        expect(new Set(problems(members))).toEqual(simply(members));
      }),
      { numRuns: 500 },
    );
  });
});

it('what a repository tracks costs what its paths are', () => {
  const growth = growthOf(100, (n) => {
    const paths = Array.from({ length: n }, (_, i) => [
      `${i}/apps/init.php`,
      `${i}/.env`,
      `${'apps/'.repeat(10)}${i}`,
    ]).flat();
    return () => judgeTracked('/repo', paths);
  });
  expect(growth).toBeLessThan(LINEAR);
});

describe('a dump', () => {
  const HEAD = '-- MySQL dump 10.19\n\nCREATE TABLE `list` (`list_id` int);\n';
  const complete = (text: string): boolean => {
    const contents = new DatabaseContents();
    contents.write(Buffer.from(`${HEAD}${text}`));
    return contents.findings().facts.complete;
  };
  const END = '-- Dump completed on 2026-02-16  3:00:01\n';

  it.each([
    `INSERT INTO list VALUES (1);\n\n${END}`,
    `/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;\n\n${END}`,
    `/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;\r\n\r\n-- Dump completed\r\n`,
    '--\n-- PostgreSQL database dump complete\n--\n\n',
    '--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict a1B2\n\n',
  ])('is complete with %j at its end', (text) => {
    expect(complete(text)).toBe(true);
  });

  it.each([
    `INSERT INTO list VALUES ('a\n${END}and more`,
    `INSERT INTO list VALUES ('a\n${END}`,
    `INSERT INTO list VALUES (1);\n\n${END}INSERT INTO list VALUES (2,'`,
    `INSERT INTO list VALUES ('-- Dump completed on`,
    "INSERT INTO list VALUES ('\n-- PostgreSQL database dump complete\n--\nx",
  ])('is not complete where it was cut in a value: %j', (text) => {
    expect(complete(text)).toBe(false);
  });

  it('of line feeds alone is looked at in linear time', () => {
    const growth = growthOf(500, (n) => () => {
      const contents = new DatabaseContents();
      contents.write(Buffer.from(`${'\n'.repeat(n)}x`));
      return contents.findings();
    });
    expect(growth).toBeLessThan(LINEAR);
  });
});
