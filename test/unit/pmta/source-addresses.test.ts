import { expect, it } from 'vitest';
import { parseDocument } from '../../../src/lib/pmta/parse.js';
import { sourceAddresses } from '../../../src/lib/pmta/source-addresses.js';

it('names the addresses that a configuration sends from, also those of a virtual MTA that is on its way out', () => {
  const text = `smtp-listener 192.0.2.9:25
<virtual-mta vmta-mail1>
  smtp-source-host 192.0.2.11 mail1.example.com
</virtual-mta>
<virtual-mta old>
  SMTP-Source-Host "192.0.2.13"\tmail3.example.com # drained
  smtp-source-host 192.0.2.11 mail1.example.com
</virtual-mta>
# smtp-source-host 192.0.2.14 mail4.example.com
`;
  expect(sourceAddresses(parseDocument(Buffer.from(text)))).toEqual(['192.0.2.11', '192.0.2.13']);
});
