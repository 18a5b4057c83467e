import { describe, expect, it } from 'vitest';
import { parseText } from '../../../src/lib/pmta/parse.js';
import { senderRoutes, virtualMtaFor, virtualMtas } from '../../../src/lib/pmta/senders.js';
import { twoIps } from './two-ips.js';

const document = parseText(
  String.raw`
<pattern-list senders>
    mail-from /^a\.b@one\.example$/ virtual-mta=exact
    mail-from /@one\.example$/ virtual-mta="host",recipient-priority=60
    header Subject /x/ virtual-mta=header
    mail-from /@(two|three)\.example$/ virtual-mta=both
    mail-from /broken virtual-mta=broken
    mail-from /(?-i)@Four\.example$/ virtual-mta=cased
</pattern-list>
<pattern-list others>
    mail-from /@five\.example$/ virtual-mta=five
</pattern-list>
`,
);

describe('the senders of a configuration', () => {
  const routes = senderRoutes(document, 'senders');

  it('are the entries of the list that match on the envelope sender, in their order', () => {
    expect(routes).toEqual([
      { pattern: String.raw`^a\.b@one\.example$`, virtualMta: 'exact', sender: 'a.b@one.example' },
      { pattern: String.raw`@one\.example$`, virtualMta: 'host', sender: 'one.example' },
      { pattern: String.raw`@(two|three)\.example$`, virtualMta: 'both', sender: undefined },
      { pattern: String.raw`(?-i)@Four\.example$`, virtualMta: 'cased', sender: undefined },
    ]);
  });

  it.each([
    ['a.b@one.example', 'exact'],
    ['A.B@ONE.EXAMPLE', 'exact'],
    ['aXb@one.example', 'host'],
    ['x@three.example', 'both'],
    ['x@Four.example', 'cased'],
    ['x@four.example', undefined],
    ['x@oneXexample', undefined],
    ['x@five.example', undefined],
  ])('%s goes through %s', (sender, virtualMta) => {
    expect(virtualMtaFor(routes, sender)).toBe(virtualMta);
  });
});

it('the virtual MTAs of a configuration have an IP, a host and a key', () => {
  expect(virtualMtas(parseText(`${twoIps()}<virtual-mta bare>\n</virtual-mta>\n`))).toEqual([
    ...[0, 1].map((at) => ({
      name: `pmta-vmta${at}`,
      ip: `203.0.113.2${at + 1}`,
      host: `mta${at}.example.net`,
      key: { selector: 'dkim', domain: 'example.net', file: `/etc/pmta/keys/mta${at}.example.net.pem` },
    })),
    { name: 'bare', ip: undefined, host: undefined, key: undefined },
  ]);
});
