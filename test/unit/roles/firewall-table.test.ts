import { describe, expect, it } from 'vitest';
import { Answers, firewallProof } from '../../../src/lib/deploy/status/proof.js';
import { firewall } from '../../../src/lib/roles/firewall.js';
import { sayTable, tableDifference } from '../../../src/lib/roles/firewall-table.js';

/** As `nft -s -t list table inet ee` prints it. */
const listing = (input: readonly string[], ssh: readonly string[] = ['drop'], more: readonly string[] = []): string =>
  [
    'table inet ee {',
    '\tset ssh_hasty4 {',
    '\t\ttype ipv4_addr',
    '\t}',
    '',
    '\tchain input {',
    '\t\ttype filter hook input priority filter; policy drop;',
    ...input.map((rule) => `\t\t${rule}`),
    '\t}',
    '',
    '\tchain ssh {',
    ...ssh.map((rule) => `\t\t${rule}`),
    '\t}',
    ...more,
    '}',
  ].join('\n');
const answer = (is: string, should: string): string =>
  [...is.split('\n').map((line) => `is ${line}`), ...should.split('\n').map((line) => `should ${line}`)].join('\n');
const DECLARED = ['iifname "lo" accept', 'tcp dport 22 jump ssh', 'tcp dport 80 accept'];

describe('what is in our table beside what was declared', () => {
  it('is named with its chain, wherever it stands', () => {
    const is = listing(['tcp dport 4444 accept', ...DECLARED], ['accept', 'drop']);
    const difference = tableDifference(answer(is, listing(DECLARED)));
    expect(difference).toEqual({
      foreign: ['tcp dport 4444 accept in chain input', 'accept in chain ssh'],
      missing: [],
      reordered: false,
    });
    expect(difference && sayTable(difference)).toBe(
      'goes, as it is not declared: tcp dport 4444 accept in chain input, accept in chain ssh',
    );
  });

  it('is told from a rule that is declared once and stands there twice', () => {
    const is = listing([...DECLARED, 'tcp dport 80 accept']);
    expect(tableDifference(answer(is, listing(DECLARED)))?.foreign).toEqual(['tcp dport 80 accept in chain input']);
  });

  it('is a chain or a set of its own, with what is in it', () => {
    const is = listing(
      DECLARED,
      ['drop'],
      ['\tchain mine {', '\t\taccept', '\t}', '\tset friends {', '\t\ttype ipv4_addr', '\t}'],
    );
    expect(tableDifference(answer(is, listing(DECLARED)))?.foreign).toEqual([
      'chain mine',
      'accept in chain mine',
      'set friends',
      'type ipv4_addr in set friends',
    ]);
  });

  it('is nothing where rules are missing, or the whole table is empty', () => {
    expect(tableDifference(answer(listing(DECLARED.slice(1)), listing(DECLARED)))).toEqual({
      foreign: [],
      missing: ['iifname "lo" accept in chain input'],
      reordered: false,
    });
    const empty = tableDifference(answer('table inet ee {\n}', listing(DECLARED)));
    expect(empty?.missing).toContain('chain input');
    expect(empty && sayTable(empty)).toMatch(/^comes back: .* and 4 more$/);
  });

  it('is nothing where the order alone differs, which is said', () => {
    const difference = tableDifference(answer(listing([...DECLARED].reverse()), listing(DECLARED)));
    expect(difference && sayTable(difference)).toBe('rules return to their order');
    expect(tableDifference('')).toBeUndefined();
  });

  it('is in the plan, and kept beside the journal before it goes', () => {
    const wanted = { host: 'vps1', sshPorts: [22], adminIps: [], clientAddress: '203.0.113.7', rules: [] };
    const resource = firewall(wanted);
    const said = answer(listing(['tcp dport 4444 accept', ...DECLARED]), listing(DECLARED));
    const sum = /sha256 ([0-9a-f]{64})|= ([0-9a-f]{64})/.exec(resource.probe)?.[2] ?? '';
    const seen = (state: string) => Buffer.from(`${said}\n@ee rest\n${state}file 644 root:root\nsha256 ${sum}\n`);
    const difference = resource.diff(seen('inactive\n'));
    expect(difference?.summary).toBe(
      'put /etc/nftables.conf into force (goes, as it is not declared: tcp dport 4444 accept in chain input)',
    );
    const script = difference?.script ?? '';
    expect(script.indexOf('table-inet-ee.nft')).toBeLessThan(script.indexOf('nft -f /etc/nftables.conf'));
    expect(script).toContain('table-inet-ee.nft');
    expect(difference?.revert).toBeDefined();
  });

  it('is no good firewall for `ee status`', () => {
    const table = answer(listing(['tcp dport 4444 accept', ...DECLARED]), listing(DECLARED));
    const lines = table.split('\n').map((line) => `table\t${line}`);
    expect(firewallProof(new Answers(['firewall\t1', ...lines].join('\n')))).toEqual({
      what: 'firewall',
      seen: 'is not as declared; what `ee deploy` changes: goes, as it is not declared: tcp dport 4444 accept in chain input',
      ok: false,
    });
    expect(firewallProof(new Answers('firewall\t1\n')).ok).toBe(true);
    expect(firewallProof(new Answers('firewall\t0\n')).ok).toBe(false);
  });
});
