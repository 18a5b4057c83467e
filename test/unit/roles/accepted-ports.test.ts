import { describe, expect, it } from 'vitest';
import { accepts } from '../../../src/lib/roles/accepted-ports.js';

type Expression = Readonly<Record<string, unknown>>;

const field = (protocol: string, name: string, right: unknown, op = '=='): Expression => ({
  match: { op, left: { payload: { protocol, field: name } }, right },
});
const to = (port: unknown) => field('tcp', 'dport', port);
const from = (address: unknown) => field('ip', 'saddr', address);
const ACCEPT: Expression = { accept: null };
/** As `nft -j list chain inet ee input` of nftables 1.0.6 answers. */
const listing = (...rules: Expression[][]): string =>
  JSON.stringify({
    nftables: [
      { metainfo: { version: '1.0.6', json_schema_version: 1 } },
      { chain: { family: 'inet', table: 'ee', name: 'input', hook: 'input', policy: 'drop' } },
      ...rules.map((expr) => ({ rule: { family: 'inet', table: 'ee', chain: 'input', handle: 6, expr } })),
    ],
  });
const FEEDERS = { set: ['192.0.2.11', '192.0.2.13'] };

describe('whether the firewall of a host lets a connection in', () => {
  it.each([
    ['a port for everybody', [to(25), ACCEPT], 25, true],
    ['the addresses of a set', [from(FEEDERS), to(25), ACCEPT], 25, true],
    ['another port', [from(FEEDERS), to(2525), ACCEPT], 25, false],
    ['another address', [from('192.0.2.13'), to(25), ACCEPT], 25, false],
    ['a network', [from({ prefix: { addr: '192.0.2.0', len: 24 } }), to(25), ACCEPT], 25, true],
    ['another network', [from({ prefix: { addr: '198.51.100.0', len: 24 } }), to(25), ACCEPT], 25, false],
    ['a range of addresses', [from({ range: ['192.0.2.9', '192.0.2.100'] }), to(25), ACCEPT], 25, true],
    ['a range of ports', [to({ range: [20, 30] }), ACCEPT], 25, true],
    ['a set of ports', [to({ set: [22, { range: [24, 26] }] }), ACCEPT], 25, true],
    ['a counter beside it', [to(25), { counter: { packets: 0, bytes: 0 } }, ACCEPT], 25, true],
    ['every address but one', [field('ip', 'saddr', '192.0.2.11', '!='), to(25), ACCEPT], 25, false],
    ['a port that is dropped', [to(25), { drop: null }], 25, false],
    ['a limit, which is not understood', [to(25), { limit: { rate: 1 } }, ACCEPT], 25, false],
    [
      'an answer to a connection',
      [{ match: { op: 'in', left: { ct: { key: 'state' } }, right: [] } }, ACCEPT],
      25,
      false,
    ],
    ['the same address of IPv6', [field('ip6', 'saddr', '2001:db8::1'), to(25), ACCEPT], 25, false],
  ])('reads %s', (_, rule, port, open) => {
    expect(accepts(listing(rule), port, '192.0.2.11')).toBe(open);
  });

  it('is open where there is no table of ee, and closed where the answer is not understood', () => {
    expect(accepts('', 2525, '192.0.2.11')).toBe(true);
    expect(accepts('{"nftables": 1}', 2525, '192.0.2.11')).toBe(false);
    expect(accepts('table inet ee {', 2525, '192.0.2.11')).toBe(false);
  });
});
