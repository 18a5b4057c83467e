import { expect, it } from 'vitest';
import { loadCatalogue } from '../../../src/lib/pmta/catalogue.js';
import { namedFiles } from '../../../src/lib/pmta/named-files.js';
import { parseText } from '../../../src/lib/pmta/parse.js';

it('keys of a list are files that nothing brings, and other keys are not', () => {
  const text = `domain-key a,*,/etc/pmta/top.pem
<domain-key-list l>
    domain-key a, example.net, /etc/pmta/list.pem
    domain-key b,*,{vault}:/keys:b
</domain-key-list>
<virtual-mta v>
    domain-key a,*,/etc/pmta/v.pem
</virtual-mta>
`;
  expect(namedFiles(parseText(text), loadCatalogue())).toEqual([{ line: 3, text: 'domain-key /etc/pmta/list.pem' }]);
});
