import { describe, expect, it } from 'vitest';
import { labSubnet } from '../../../src/lib/lab/network.js';
import { worldAddresses } from '../../../src/lib/lab/world/addresses.js';
import {
  faultScript,
  showFault,
  withFault,
  withoutFaults,
  zonesByState,
  type Faults,
} from '../../../src/lib/lab/world/faults.js';
import { reloadNameServer, zoneListFile } from '../../../src/lib/lab/world/name-service.js';

const addresses = worldAddresses(labSubnet(3, 5));

describe('faults of the lab’s DNS', () => {
  it('stand beside each other, and one of the same kind takes the place of the other', () => {
    const slow = withFault({}, 'ns1', { kind: 'slow', milliseconds: 100 });
    const both = withFault(slow, 'ns1', { kind: 'refusing', zone: 'a.example' });
    expect(withFault(both, 'ns1', { kind: 'slow', milliseconds: 900 })).toEqual({
      ns1: [
        { kind: 'refusing', zone: 'a.example' },
        { kind: 'slow', milliseconds: 900 },
      ],
    });
    expect(withoutFaults(both, 'ns1')).toEqual({});
  });

  it('leave out a zone that is refused, and name one nowhere that fails', () => {
    const faults = [
      { kind: 'refusing', zone: 'a.example' },
      { kind: 'failing', zone: 'b.example' },
    ] as const;
    const zones = ['a.example', 'b.example', 'c.example'];
    expect(zonesByState(zones, faults)).toEqual({
      refused: ['a.example'],
      failing: ['b.example'],
      sound: ['c.example'],
    });
    expect(zoneListFile('ns1', zones, faults)['var/lib/world/ns1/zones.conf']).toBe(
      'zone:\n  - domain: c.example\n  - domain: b.example\n    file: /nonexistent/b.example\n',
    );
    expect(reloadNameServer('ns1', zones, faults)).toContain('zone-reload c.example >');
    expect(zoneListFile('ns1', zones, [{ kind: 'refusing' }])['var/lib/world/ns1/zones.conf']).toBe('');
    expect(reloadNameServer('ns1', zones, [{ kind: 'failing' }])).toBe('');
  });

  it('become packet rules of all servers, for UDP and TCP', () => {
    const faults: Faults = { ns1: [{ kind: 'silent' }], resolver2: [{ kind: 'slow', milliseconds: 800 }] };
    const script = faultScript('resolver2', faults, addresses);
    expect(script).toContain(`systemctl start world-resolver@resolver2
systemctl stop world-slow@resolver2
echo 'SLOW=10.77.3.5 5300 5301 800' >/etc/world/slow-resolver2.env
systemctl start world-slow@resolver2
`);
    expect(script).toContain(`  chain silent {
    type filter hook input priority 0;
    ip daddr 10.77.3.2 udp dport 53 drop
    ip daddr 10.77.3.2 tcp dport 53 drop
  }
`);
    expect(script.match(/ip daddr 10\.77\.3\.5 (udp|tcp) dport 53 dnat to 10\.77\.3\.5:5301/g)).toHaveLength(4);
  });

  it('stop a server, or start it anew', () => {
    expect(faultScript('ns1', { ns1: [{ kind: 'stopped' }] }, addresses)).toContain('systemctl stop world-ns@ns1\n');
    expect(faultScript('ns1', {}, addresses)).toContain('systemctl restart world-ns@ns1\n');
  });

  it('are told in words', () => {
    expect(showFault({ kind: 'failing', zone: 'a.example' })).toBe('answers SERVFAIL for a.example');
    expect(showFault({ kind: 'refusing' })).toBe('answers REFUSED for every zone');
  });
});
