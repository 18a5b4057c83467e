import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sshHardening } from '../../../src/lib/roles/ssh-hardening.js';
import { SSHD_SETTINGS, sshdWanted, stricter } from '../../../src/lib/roles/sshd-strictness.js';

/** Values of each setting as `sshd -T` prints them, the loosest first: written by hand from sshd_config(5). */
const LADDERS: Readonly<Record<string, readonly string[]>> = {
  PasswordAuthentication: ['yes', 'no'],
  KbdInteractiveAuthentication: ['yes', 'no'],
  PermitRootLogin: ['yes', 'without-password', 'forced-commands-only', 'no'],
  PermitEmptyPasswords: ['yes', 'no'],
  MaxAuthTries: ['100', '6', '4', '3', '1', '0'],
  LoginGraceTime: ['0', '600', '120', '30', '20', '1'],
  X11Forwarding: ['yes', 'no'],
  AllowAgentForwarding: ['yes', 'no'],
  ClientAliveInterval: ['0', '300', '60', '15', '5'],
  ClientAliveCountMax: ['0', '10', '3', '1'],
};
const same = (value: string): string => (value === 'prohibit-password' ? 'without-password' : value);
const rung = (keyword: string, value: string): number => (LADDERS[keyword] ?? []).indexOf(same(value));

type Values = Readonly<Record<string, string | undefined>>;
const answerOf = (word: string, values: Values): string =>
  Object.entries(values)
    .map(([keyword, value]) => `${word} ${keyword.toLowerCase()} ${value}\n`)
    .join('');
const seenWith = (own: Values, now: Values = own, more = ''): Buffer =>
  Buffer.from(`${answerOf('now', now)}${answerOf('own', own)}${more}\n@ee rest\nabsent\n`);
/** The settings in the file that is written. */
const writtenFor = (seen: Buffer): Map<string, string> => {
  const detail = sshHardening(undefined).diff(seen)?.detail ?? '';
  return new Map(
    [...detail.matchAll(/^\+([A-Z]\w+) (\S+)$/gm)].map(([, keyword = '', value = '']) => [keyword, value]),
  );
};
const LOOSE: Values = Object.fromEntries(
  Object.entries(LADDERS).map(([keyword, [loosest = '']]) => [keyword, loosest]),
);
const WANTED: Values = Object.fromEntries(SSHD_SETTINGS.map(({ keyword, wanted }) => [keyword, same(wanted)]));

describe('sshd', () => {
  it('has an order of strictness for every setting that is written', () => {
    expect(SSHD_SETTINGS.map(({ keyword }) => keyword)).toEqual(Object.keys(LADDERS));
    for (const { keyword, wanted } of SSHD_SETTINGS) expect(rung(keyword, wanted), keyword).toBeGreaterThanOrEqual(0);
  });

  it('is never looser than the host is by itself, nor than what is wanted, whatever the host has', () => {
    const hosts = fc.record(
      Object.fromEntries(Object.entries(LADDERS).map(([keyword, values]) => [keyword, fc.constantFrom(...values)])),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(hosts, (own) => {
        const written = writtenFor(seenWith(own));
        for (const { keyword, wanted } of SSHD_SETTINGS) {
          const value = written.get(keyword) ?? '';
          expect(rung(keyword, value), keyword).toBeGreaterThanOrEqual(rung(keyword, wanted));
          const theirs = own[keyword];
          if (theirs !== undefined) expect(rung(keyword, value), keyword).toBeGreaterThanOrEqual(rung(keyword, theirs));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is one of the two values, for every value that the host may have', () => {
    for (const setting of SSHD_SETTINGS) {
      for (const own of [...(LADDERS[setting.keyword] ?? []), undefined]) {
        const value = stricter(setting, own);
        expect([setting.wanted, own]).toContain(value);
      }
      // What is not known may be stricter.
      expect(stricter(setting, 'something-new')).toBe('something-new');
    }
  });

  it('keeps PermitRootLogin no, and says so', () => {
    const difference = sshHardening(undefined).diff(seenWith({ PermitRootLogin: 'no' }));
    expect(difference?.detail).toContain('+PermitRootLogin no\n');
    expect(difference?.summary).toContain('(stricter on the host and kept: PermitRootLogin no)');
  });

  it('says what gets stricter', () => {
    const { summary } =
      sshHardening(undefined).diff(seenWith({ ...WANTED, PasswordAuthentication: 'yes', MaxAuthTries: '6' })) ?? {};
    expect(summary).toBe(
      'write /etc/ssh/sshd_config.d/00-ee.conf (stricter: PasswordAuthentication yes → no, MaxAuthTries 6 → 4)',
    );
  });

  it('does not take what an earlier version of ee wrote for the own value of the host', () => {
    const written = writtenFor(seenWith(LOOSE, { ...WANTED, MaxAuthTries: '1' }));
    expect(written.get('MaxAuthTries')).toBe('4');
    // What an earlier version loosened is as strict as the host again.
    const difference = sshHardening(undefined).diff(seenWith({ ...LOOSE, PermitRootLogin: 'no' }, WANTED));
    expect(difference?.summary).toContain('stricter: PermitRootLogin without-password → no');
  });

  it('lets root in where that is the login of the run, and only the file of an earlier run allows it', () => {
    const own = { ...LOOSE, PermitRootLogin: 'no' };
    expect(writtenFor(seenWith(own, WANTED, 'login no\n')).get('PermitRootLogin')).toBe('prohibit-password');
    // A block of Match lets the run in.
    expect(writtenFor(seenWith(own, WANTED, 'login without-password\n')).get('PermitRootLogin')).toBe('no');
  });

  it('writes nothing more once the host has it', () => {
    const own = { PermitRootLogin: 'no' };
    const { detail = '' } = sshHardening(undefined).diff(seenWith(own)) ?? {};
    const text = detail
      .split('\n')
      .filter((line) => /^\+(?!\+\+)/.test(line))
      .map((line) => `${line.slice(1)}\n`)
      .join('');
    const rest = `file 644 root:root\nsha256 ${createHash('sha256').update(text).digest('hex')}\ncontent\n${text}`;
    expect(sshHardening(undefined).diff(Buffer.from(`${answerOf('own', own)}\n@ee rest\n${rest}`))).toBeUndefined();
    expect(sshdWanted(new Map([['permitrootlogin', 'no']]))[2]).toEqual({ keyword: 'PermitRootLogin', value: 'no' });
  });
});
