import { describe, expect, it } from 'vitest';
import { ApplicationContents, ArchiveContents } from '../../../src/lib/backup/application.js';
import { MemberSafety } from '../../../src/lib/backup/member-safety.js';
import type { TarMember } from '../../../src/lib/backup/tar-scanner.js';
import { heldBy } from '../../support/memory.js';

const member = (name: string, more: Partial<TarMember> = {}): TarMember => ({
  ...{ name, kind: 'file', type: '0', mode: 0o644, size: 0, linkTarget: '' },
  ...more,
});

/** A name of 1,000 bytes that begins as no other one does. */
const longName = (i: number): string => `${String(i)}${'x'.repeat(1000)}`.slice(0, 1000);

const problems = (members: Iterable<TarMember>): string[] => {
  const safety = new MemberSafety();
  for (const one of members) safety.add(one);
  return safety.problems().map(({ code }) => code);
};

function* counted(n: number, make: (i: number) => TarMember): Generator<TarMember> {
  for (let i = 0; i < n; i++) yield make(i);
}

describe('memory does not grow with the names of members', () => {
  const heldWith = (n: number, contents: () => ArchiveContents): number =>
    heldBy(() => {
      const all = contents();
      for (const one of counted(n, (i) => member(longName(i)))) all.member(one);
      return all;
    });

  it('of an archive: what a member takes has nothing to do with its name', () => {
    const bytes = heldWith(40_000, () => new ArchiveContents()) - heldWith(10_000, () => new ArchiveContents());
    expect(bytes / 30_000).toBeLessThan(60);
  });

  it('of an application, which is refused beyond 32 MiB of names', () => {
    const bytes = heldWith(72_000, () => new ApplicationContents()) - heldWith(36_000, () => new ApplicationContents());
    expect(bytes).toBeLessThan(5e6);
    const contents = new ApplicationContents();
    for (const one of counted(40_000, (i) => member(longName(i)))) contents.member(one);
    expect(contents.findings().problems).toEqual([
      {
        code: 'BOMB_NAMES',
        severity: 'error',
        message: 'the names of its members have more than 32 MiB: this is not MailWizz',
      },
    ]);
  });

  it('of links and folders, which are refused beyond a number', () => {
    expect(problems(counted(10_001, (i) => member(`l${i}`, { kind: 'symlink', linkTarget: 'x' })))).toEqual([
      'BOMB_LINKS',
    ]);
    expect(problems(counted(1_100, (i) => member(`${i}/${'a/'.repeat(500)}b`)))).toEqual(['BOMB_FOLDERS']);
  });
});
