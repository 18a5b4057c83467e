import { describe, expect, it } from 'vitest';
import { EeError } from '../../../src/lib/errors.js';
import { parseDestination, parseJumps } from '../../../src/lib/ssh/destination.js';

describe('parseDestination', () => {
  it.each([
    ['bastion.example.com', { host: 'bastion.example.com' }],
    ['ops@198.51.100.9', { user: 'ops', host: '198.51.100.9' }],
    ['ops@198.51.100.9:2222', { user: 'ops', host: '198.51.100.9', port: 2222 }],
    ['2001:db8::9', { host: '2001:db8::9' }],
    ['ops@[2001:db8::9]:2222', { user: 'ops', host: '2001:db8::9', port: 2222 }],
    ['ssh://ops@bastion.example.com:22', { user: 'ops', host: 'bastion.example.com', port: 22 }],
  ])('reads %s', (text, expected) => {
    expect(parseDestination(text)).toEqual(expected);
  });

  it.each(['', 'ops@', 'a host', '-oProxyCommand=id', '-l@host', 'host:0', 'host:70000', 'host:ssh', '[2001:db8::9'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseDestination(text)).toThrow(EeError);
    },
  );
});

describe('parseJumps', () => {
  it('reads jump hosts in their order, and none as no jump', () => {
    expect(parseJumps('a.example.com,ops@b.example.com:23')).toEqual([
      { host: 'a.example.com' },
      { user: 'ops', host: 'b.example.com', port: 23 },
    ]);
    expect(parseJumps('none')).toEqual([]);
    expect(parseJumps(undefined)).toEqual([]);
  });
});
