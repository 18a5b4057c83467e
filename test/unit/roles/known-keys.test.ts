import { describe, expect, it } from 'vitest';
import { knownKeys } from '../../../src/lib/roles/known-keys.js';

const here = (...selectors: string[]) =>
  knownKeys({ folder: '/srv/secrets', signed: new Map([['mail1.example.com', new Set(selectors)]]) });
const signsWith = (selector: string, domain = 'mail1.example.com') =>
  Buffer.from(`    domain-key ${selector},${domain},/etc/pmta/dkim/mail1.${selector}.pem\n`);

describe('what signs on VPS2', () => {
  it('is refused to be replaced by keys that do not know it: they are older', () => {
    expect(() => here('mail').diff(signsWith('s20261127'))).toThrow(
      'The DKIM keys in /srv/secrets are older than VPS2, so nothing was changed. VPS2 signs with keys of which that folder does not know that:\n  s20261127 for mail1.example.com',
    );
    expect(() => here().diff(signsWith('mail'))).toThrow('mail for mail1.example.com');
    // What runs now, and what ee put into force last.
    const both = Buffer.concat([signsWith('mail'), signsWith('s20261127')]);
    expect(() => here('mail').diff(both)).toThrow('s20261127 for mail1.example.com');
  });

  it('may be any key that signs or signed, and any of a domain that is not ours', () => {
    expect(here('mail', 's20261127').diff(signsWith('s20261127'))).toBeUndefined();
    expect(here('mail').diff(signsWith('MAIL'.toLowerCase(), 'Mail1.Example.com'))).toBeUndefined();
    expect(here('mail').diff(signsWith('s20261127', 'other.example.com'))).toBeUndefined();
    expect(here('mail').diff(Buffer.alloc(0))).toBeUndefined();
  });

  it('is asked for in what ee wrote, and nowhere else', () => {
    expect(here().probe).toContain('/var/lib/ee/pmta/applied');
    expect(here().probe).toContain('ee-probe\\.invalid');
  });
});
