import { describe, expect, it } from 'vitest';
import { ambiguousRoles, itemNamed } from '../../../src/lib/backup/roles.js';

describe('the role of a file, from its name', () => {
  it.each([
    ['mailwizz-prod-20260216.tar.gz', 'application', '20260216', true],
    ['mailwizz-prod-20311231.tgz', 'application', '20311231', true],
    ['mailwizz-20260216.tar.gz', 'application', '20260216', true],
    ['mailapp-prod-20260216.sql.gz', 'database', '20260216', false],
    ['pmta-license-20260216', 'licence', '20260216', true],
    ['pmta-licence-2026-02-16', 'licence', '2026-02-16', true],
    ['pmta-config-20260216-0300', 'config', '20260216-0300', true],
    ['backup-hetzner-20260216.tar.gz', 'archive', '20260216', false],
    ['backup-ovh-20260216_030000.tar.gz', 'archive', '20260216_030000', false],
  ])('[R13] %s is the %s of %s', (name, role, date, used) => {
    expect(itemNamed(name, 'file')).toMatchObject({ name, role, date, used });
  });

  it.each([
    ['pmta-config', 'resembles pmta-config-DATE, but is not named so'],
    ['pmta-config-20260216~', 'resembles pmta-config-DATE, but is not named so'],
    ['pmta-config-20261399', 'resembles pmta-config-DATE, but is not named so'],
    ['mailwizz-prod-20260216.tar', 'resembles mailwizz-prod-DATE.tar.gz, but is not named so'],
    ['README.md', 'not an item of a backup set'],
  ])('%s is of no role: it %s', (name, reason) => {
    expect(itemNamed(name, 'file')).toMatchObject({ role: 'unknown', used: false, reason });
  });

  it('takes the directory var/ for an extraction, and no other directory for anything', () => {
    expect(itemNamed('var', 'directory')).toMatchObject({ role: 'extraction', used: false });
    expect(itemNamed('pmta-config-20260216', 'directory')).toMatchObject({ role: 'unknown', used: false });
  });

  it('[R13] finds two files for one role', () => {
    const items = ['pmta-config-20260216', 'pmta-config-20260217', 'pmta-license-20260216', 'a', 'b'].map((name) =>
      itemNamed(name, 'file'),
    );
    expect([...ambiguousRoles(items)]).toEqual([['config', ['pmta-config-20260216', 'pmta-config-20260217']]]);
  });
});
