import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostPlace, labPlace } from '../../../src/lib/lab/names.js';
import { labSubnet } from '../../../src/lib/lab/network.js';
import {
  memoryFile,
  nameServiceFiles,
  parentFiles,
  stubFile,
  zoneFiles,
  zoneListFile,
} from '../../../src/lib/lab/world/name-service.js';
import { worldAddresses } from '../../../src/lib/lab/world/addresses.js';
import { CONTROL_SOCKET } from '../../../src/lib/lab/world/world-files.js';
import { NotAZoneLine, parentZone, reverseZone, serialAt, zonesOf } from '../../../src/lib/lab/world/zones.js';

const subnet = labSubnet(3, 5);
const linesOf = (published: string, zone: string): string[] =>
  (zonesOf(subnet, 'lab.example', published, 7).find(({ name }) => name === zone)?.text ?? '').trim().split('\n');

describe('the zones of a lab', () => {
  it('have both name servers, and the serial number of the publication', () => {
    expect(linesOf('', 'gmail.com').slice(0, 3)).toEqual([
      'gmail.com. 60 IN SOA ns1.lab.example. hostmaster.lab.example. 7 3600 600 604800 60',
      'gmail.com. 60 IN NS ns1.lab.example.',
      'gmail.com. 60 IN NS ns2.lab.example.',
    ]);
  });

  it('lead mail for every domain of a provider to its one address', () => {
    expect(linesOf('', 'gmail.com').slice(3)).toEqual([
      'mx.gmail.com. 60 IN A 10.77.3.21',
      'gmail.com. 60 IN MX 10 mx.gmail.com.',
    ]);
    expect(linesOf('', 'googlemail.com').slice(3)).toEqual(['googlemail.com. 60 IN MX 10 mx.gmail.com.']);
    expect(linesOf('', 'email.msn.com').slice(3)).toEqual(['email.msn.com. 60 IN MX 10 mx.hotmail.com.']);
    expect(linesOf('', 'lab.example')).toContain('lab.example. 60 IN MX 10 mx.inbox.example.');
  });

  it('name the hosts forth and back', () => {
    expect(reverseZone(subnet)).toBe('3.77.10.in-addr.arpa');
    expect(linesOf('', 'lab.example')).toContain('vps2.lab.example. 60 IN A 10.77.3.12');
    expect(linesOf('', '3.77.10.in-addr.arpa')).toContain('12.3.77.10.in-addr.arpa. 60 IN PTR vps2.lab.example.');
  });

  it('take what was published, each record in the zone of its name', () => {
    const published = `; zone lab.example
mail1.lab.example. 3600 IN A 10.77.3.101
_dmarc.news.brand.example. 3600 IN TXT "v=DMARC1; p=none"

101.3.77.10.in-addr.arpa. 3600 IN PTR mail1.lab.example.
`;
    expect(linesOf(published, 'lab.example')).toContain('mail1.lab.example. 3600 IN A 10.77.3.101');
    expect(linesOf(published, '3.77.10.in-addr.arpa')).toContain(
      '101.3.77.10.in-addr.arpa. 3600 IN PTR mail1.lab.example.',
    );
    expect(linesOf(published, 'brand.example').slice(3)).toEqual([
      '_dmarc.news.brand.example. 3600 IN TXT "v=DMARC1; p=none"',
    ]);
  });

  it('give way where the lab’s own record has the same name and type, and only there', () => {
    const lines = linesOf('vps2.lab.example. 60 IN A 192.0.2.1\nlab.example. 60 IN TXT "x"\n', 'lab.example');
    expect(lines.filter((line) => line.startsWith('vps2.'))).toEqual(['vps2.lab.example. 60 IN A 192.0.2.1']);
    expect(lines).toContain('lab.example. 60 IN MX 10 mx.inbox.example.');
  });

  it('refuse a line that is no record, and name it', () => {
    expect(() => zonesOf(subnet, 'lab.example', 'mail1 IN A 192.0.2.1', 7)).toThrow(NotAZoneLine);
    expect(() => zonesOf(subnet, 'lab.example', '$INCLUDE /etc/passwd', 7)).toThrow('$INCLUDE');
  });

  it('get a serial number that rises ten times a second and fits into 32 bits', () => {
    const now = Date.UTC(2026, 10, 24);
    expect(serialAt(now + 100) - serialAt(now)).toBe(1);
    expect(serialAt(now)).toBeLessThan(2 ** 32);
  });
});

describe('the socket of the mailbox service', () => {
  it('has a path that a socket address has room for, with the longest name of a lab too', () => {
    const { root } = hostPlace(labPlace('x'.repeat(32)), 'world');
    expect(Buffer.byteLength(join(root, CONTROL_SOCKET))).toBeLessThanOrEqual(107);
  });
});

describe('the configuration of the name services', () => {
  const addresses = worldAddresses(subnet);
  const zones = [{ name: 'lab.example', text: 'text' }];

  it('gives each name server its own address and its own zones', () => {
    const files = nameServiceFiles(addresses, ['192.0.2.53']);
    expect(files['etc/world/ns1.conf']).toContain('listen: [ 10.77.3.2@53, 10.77.3.2@5300 ]');
    expect(files['etc/world/ns2.conf']).toContain('listen: [ 10.77.3.3@53, 10.77.3.3@5300 ]');
    expect(files['etc/world/ns2.conf']).toContain('include: /var/lib/world/ns2/zones.conf');
    expect(zoneFiles('ns2', zones)).toEqual({ 'var/lib/world/ns2/lab.example.zone': 'text' });
    expect(zoneListFile('ns2', ['lab.example'])).toEqual({
      'var/lib/world/ns2/zones.conf': 'zone:\n  - domain: lab.example\n',
    });
  });

  it('has a name server above, which refers to those two for the zones of the lab and knows nothing else', () => {
    expect(nameServiceFiles(addresses, [])['etc/world/parent.conf']).toContain('listen: [ 10.77.3.7@53,');
    const zone = parentZone(subnet, 'lab.example', ['gmail.com', 'lab.example'], 7);
    expect(parentFiles(zone)).toEqual({
      'var/lib/world/parent/zones.conf': 'zone:\n  - domain: example\n',
      'var/lib/world/parent/example.zone': [
        'example. 60 IN SOA parent.example. hostmaster.example. 7 3600 600 604800 60',
        'example. 60 IN NS parent.example.',
        'parent.example. 60 IN A 10.77.3.7',
        'ns1.lab.example. 60 IN A 10.77.3.2',
        'ns2.lab.example. 60 IN A 10.77.3.3',
        'lab.example. 60 IN NS ns1.lab.example.',
        'lab.example. 60 IN NS ns2.lab.example.',
        '',
      ].join('\n'),
    });
  });

  it('has the resolvers ask them for their zones, and the machine’s resolver for all else', () => {
    expect(stubFile(['lab.example'], addresses)).toEqual({
      'var/lib/world/stubs.conf':
        'stub-zone:\n  name: example\n  stub-addr: 10.77.3.7\n' +
        'stub-zone:\n  name: lab.example\n  stub-addr: 10.77.3.2\n  stub-addr: 10.77.3.3\n',
    });
    const files = nameServiceFiles(addresses, ['192.0.2.53']);
    const forward = 'forward-zone:\n  name: .\n  forward-addr: 192.0.2.53\n';
    expect(files['etc/world/resolver1.conf']).toContain('  interface: 10.77.3.4\n');
    expect(files['etc/world/resolver1.conf']).toContain(forward);
    expect(files['etc/world/resolver2.conf']).toContain('  interface: 10.77.3.5\n');
    expect(files['etc/world/resolver2.conf']).toContain(forward);
  });

  it('has them forget within a second, unless they shall honour TTLs', () => {
    expect(memoryFile('second')).toEqual({
      'var/lib/world/memory.conf': '  cache-max-ttl: 1\n  cache-max-negative-ttl: 1\n',
    });
    expect(memoryFile('ttl')).toEqual({ 'var/lib/world/memory.conf': '' });
  });
});
