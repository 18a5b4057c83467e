import { describe, expect, it } from 'vitest';
import { notEmpty, type Seen, stateOf } from '../../../src/lib/mailwizz/state.js';
import { Secret } from '../../../src/lib/secret.js';

const database = { name: 'mailwizz_v2', user: 'mailwizz', password: new Secret('x'.repeat(16)) };
const schema = ['option', 'user', 'campaign', 'list'];
const TABLES = schema.map((name) => `mw_${name}`);
const ours = { dsn: 'mysql:host=localhost;dbname=mailwizz_v2', user: 'mailwizz', prefix: 'mw_' };
const bare: Seen = { version: '2.2.11', proven: false, tables: [], schema, rows: new Map(), administrator: false };
const state = (seen: Partial<Seen>) => stateOf({ ...bare, ...seen }, { database });
const rows = (counts: Readonly<Record<string, number>>) => new Map(Object.entries(counts));

describe('what is on the host', () => {
  it('is not ready without the application, or without a database', () => {
    const { version: _, ...without } = bare;
    expect(stateOf(without, { database })).toEqual({ kind: 'unprepared', reason: 'MailWizz is not unpacked there' });
    const { tables: _tables, ...undatabased } = bare;
    expect(stateOf(undatabased, { database })).toEqual({
      kind: 'unprepared',
      reason: `its database ${database.name} is not there`,
    });
    // That MariaDB is down says nothing of the database.
    expect(stateOf({ ...undatabased, unanswered: true }, { database })).toEqual({
      kind: 'unprepared',
      reason: 'MariaDB does not answer there',
    });
  });

  it('is fresh with an empty database and no configuration', () => {
    expect(state({})).toEqual({ kind: 'fresh' });
  });

  it.each<[string, Partial<Seen>, string]>([
    ['a configuration alone', { configuration: ours }, 'a configuration'],
    ['a configuration that PHP does not understand', { configuration: 'unreadable' }, 'a configuration'],
    ['some tables alone', { tables: ['mw_option'] }, '1 tables without content'],
    [
      'all of it but the administrator',
      { configuration: ours, tables: TABLES, rows: rows({ user: 0, campaign: 0 }) },
      'a configuration and 4 tables without content',
    ],
    [
      'the administrator without a configuration',
      { tables: TABLES, rows: rows({ user: 1 }), administrator: true },
      '4 tables without content',
    ],
    ['a mark without what it stands for', { proven: true, configuration: ours }, 'a configuration'],
  ])('[R19] is half made with %s', (_what, seen, found) => {
    expect(state(seen)).toEqual({ kind: 'half-made', found });
  });

  it('[R19] only has to be finished where the administrator is there and no content', () => {
    const seen = { configuration: ours, tables: TABLES, rows: rows({ user: 1, campaign: 0 }), administrator: true };
    expect(state(seen)).toEqual({ kind: 'unfinished' });
    expect(state({ ...seen, proven: true })).toEqual({ kind: 'installed' });
    expect(state({ ...seen, proven: true, administrator: false, rows: rows({ user: 3, campaign: 9 }) })).toEqual({
      kind: 'installed',
    });
  });

  it.each<[string, Partial<Seen>, string[]]>([
    ['a campaign', { tables: TABLES, rows: rows({ campaign: 77 }) }, ['77 rows in campaign']],
    ['one list', { tables: TABLES, rows: rows({ list: 1 }) }, ['1 row in list']],
    [
      'a customer',
      { tables: TABLES, rows: rows({ user: 1, customer: 2 }), administrator: true },
      ['2 rows in customer'],
    ],
    [
      'a blacklist and nothing else',
      { configuration: ours, tables: TABLES, rows: rows({ user: 1, email_blacklist: 9 }), administrator: true },
      ['9 rows in email_blacklist'],
    ],
    ['a stranger', { tables: TABLES, rows: rows({ user: 1 }) }, ['a user who is not MAILWIZZ_ADMIN_EMAIL']],
    ['two users', { tables: TABLES, rows: rows({ user: 2 }), administrator: true }, ['2 users']],
    ['a table of somebody else', { tables: ['mw_option', 'wp_posts'] }, ["tables that are not MailWizz's: wp_posts"]],
  ])('[R46] is in use with %s, and then nothing is undone', (_what, seen, found) => {
    expect(state(seen)).toEqual({ kind: 'in-use', found });
  });

  it.each([
    ['mysql:host=192.0.2.1;dbname=mailwizz_v2', 'mailwizz', 'mw_'],
    ['mysql:host=localhost;dbname=mailapp', 'mailwizz', 'mw_'],
    ['mysql:host=localhost;dbname=mailwizz_v2', 'mailapp', 'mw_'],
    ['mysql:host=localhost;dbname=mailwizz_v2', 'mailwizz', 'old_'],
    ['', '', ''],
  ])('[R47] is foreign where the configuration leads elsewhere: %s %s %s', (dsn, user, prefix) => {
    expect(state({ configuration: { dsn, user, prefix }, proven: true, rows: rows({ user: 1 }) }).kind).toBe('foreign');
  });

  it('may reach its database by the socket', () => {
    const dsn = 'mysql:unix_socket=/run/mysqld/mysqld.sock;dbname=mailwizz_v2;';
    expect(state({ configuration: { ...ours, dsn } }).kind).toBe('half-made');
  });
});

describe('a new installation', () => {
  const empty = {
    customer_email_template: 0,
    customer_email_template_category: 0,
    campaign: 0,
    list: 0,
    list_subscriber: 0,
    delivery_server: 0,
    transactional_email: 0,
    user: 1,
  };

  it('[R42] [R132] is empty with no row in the seven tables and one user', () => {
    expect(notEmpty({ rows: rows(empty) })).toEqual([]);
  });

  it('[R42] [R132] is not proven empty by a row, a missing table, or another number of users', () => {
    expect(notEmpty({ rows: rows({ ...empty, campaign: 77, user: 2 }) })).toEqual([
      '77 rows in campaign',
      '2 users instead of one',
    ]);
    const { list: _, ...less } = empty;
    expect(notEmpty({ rows: rows(less) })).toEqual(['list is missing']);
  });
});
