import { describe, expect, it } from 'vitest';
import { expectationsOf } from '../../../../src/lib/pmta/host/expectations.js';
import { parseReadiness, unfitness } from '../../../../src/lib/pmta/host/preflight.js';
import { parseText } from '../../../../src/lib/pmta/parse.js';

const expected = expectationsOf(
  parseText(
    [
      'smtp-listener 192.0.2.1:2525\nsmtp-listener 0.0.0.0:25\nsmtp-listener [2001:db8::1]:2525',
      'smtp-server-tls-certificate "/etc/pmta/tls/relay.pem"',
      '<virtual-mta a>\nsmtp-source-host 192.0.2.2 a.example\ndomain-key s,a.example,/etc/pmta/dkim/a.pem\n</virtual-mta>',
      'domain-key s,*,{vault}:/dkim:rest',
    ].join('\n'),
  ),
);

const READY = [
  'address 192.0.2.1',
  'address 192.0.2.2',
  'free 300000',
  'free 900000',
  'listening 127.0.0.1:22 users:(("sshd",pid=7,fd=3))',
  'listening 192.0.2.1:2525 users:(("pmtad",pid=9,fd=3))',
  'status running',
].join('\n');
const problems = (said: string, isActive = true): string[] => unfitness(expected, parseReadiness(said), { isActive });

describe('what a configuration needs of its host', () => {
  it('is read from it: addresses, what the service must read, listeners, and each virtual MTA', () => {
    expect(expected).toEqual({
      virtualMtas: [
        {
          name: 'a',
          sources: [{ ip: '192.0.2.2', host: 'a.example' }],
          keys: [{ selector: 's', domain: 'a.example', file: '/etc/pmta/dkim/a.pem' }],
        },
      ],
      addresses: ['192.0.2.2', '192.0.2.1'],
      readable: ['/etc/pmta/dkim/a.pem', '/etc/pmta/tls/relay.pem'],
      listeners: [
        { address: '192.0.2.1', port: 2525 },
        { address: '0.0.0.0', port: 25 },
        { address: '2001:db8::1', port: 2525 },
      ],
    });
  });

  it('[R103] is there on a host that is ready', () => {
    expect(problems(READY)).toEqual([]);
  });

  it.each([
    ['an address is missing', READY.replace('address 192.0.2.2', ''), 'the address 192.0.2.2 is not on this host'],
    [
      'a key is unreadable',
      `${READY}\nunreadable /etc/pmta/dkim/a.pem`,
      'the user pmta cannot read /etc/pmta/dkim/a.pem',
    ],
    ['a disk is full', `${READY}\nfree 5000`, 'only 4 MB are free, and PowerMTA needs 200 MB'],
    [
      'a port is taken',
      `${READY}\nlistening 0.0.0.0:25 users:(("master",pid=3,fd=1))`,
      'port 25 on 0.0.0.0 is taken by master',
    ],
    [
      'a port of all addresses is taken',
      `${READY}\nlistening *:2525 users:(("exim4",pid=3,fd=1))`,
      'port 2525 on 192.0.2.1 is taken by exim4',
    ],
    [
      'PowerMTA does not answer',
      READY.replace('status running', ''),
      'PowerMTA does not say that it is running, though its service does',
    ],
    [
      'PowerMTA is going down',
      READY.replace('running', 'shutting down'),
      'PowerMTA does not say that it is running, though its service does',
    ],
  ])('is missed where %s', (_, said, problem) => {
    expect(problems(said)).toContain(problem);
  });

  it('is not an answer of PowerMTA where its service is stopped: its configuration may be what keeps it down', () => {
    expect(problems(READY.replace('status running', ''), false)).toEqual([]);
  });
});
