import { describe, expect, it } from 'vitest';
import { keyFileName } from '../../../src/lib/pmta/adapt/plan.js';
import { noDkimKey } from '../../../src/lib/roles/dkim-keys.js';

describe('a DKIM key on VPS2', () => {
  it('has its selector in the name of its file, but for the first key of a domain', () => {
    expect(keyFileName({ index: 3, selector: 'mail' })).toBe('mail3.pem');
    expect(keyFileName({ index: 3, selector: 's20261127b' })).toBe('mail3.s20261127b.pem');
  });

  it('[R64] goes when it is revoked, with every copy, but not while the configuration in force names it', () => {
    const gone = noDkimKey('mail1.pem');
    expect(gone.diff(Buffer.from(''))).toBeUndefined();
    expect(gone.diff(Buffer.from('present\n'))).toEqual({
      action: 'remove',
      summary: 'remove the revoked key /etc/pmta/dkim/mail1.pem',
      script: [
        `if grep -D skip -qsF '/etc/pmta/dkim/mail1.pem' /etc/pmta/config; then echo '/etc/pmta/config still signs with it'; exit 1; fi`,
        `rm -f '/etc/pmta/dkim/mail1.pem' /var/lib/ee/backups/*/etc/pmta/dkim/mail1.pem`,
      ].join('\n'),
    });
  });
});
