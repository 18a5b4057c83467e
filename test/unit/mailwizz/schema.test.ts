import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { columnsOf, missingFrom, RELIED_ON } from '../../../src/lib/mailwizz/schema.js';
import { packageRoot } from '../../../src/lib/package-root.js';

const SCHEMA = 'assets/lab/mailwizz/application/apps/common/data/install-sql/schema.sql.packed';
const PHP = 'assets/mailwizz';

/** Tables and columns that MailWizz 2.2.11 has, as it is known from its own SQL files and models; nothing of ours is derived from it. */
const KNOWN: Readonly<Record<string, string>> = {
  option: 'category key value is_serialized date_added last_updated',
  user: 'user_uid first_name last_name email password timezone removable status date_added last_updated',
  console_command: 'command_id command',
  console_command_history: 'command_id date_added',
  customer: 'customer_id customer_uid first_name last_name email password timezone status',
  customer_api_key: 'customer_id name key enable_permissions ip_whitelist ip_blacklist date_added',
  delivery_server:
    'server_id customer_id bounce_server_id type name hostname username password port protocol timeout from_email from_name ' +
    'probability hourly_quota daily_quota monthly_quota max_connection_messages meta_data force_from use_for status',
  customer_email_template: '',
  customer_email_template_category: '',
  campaign: '',
  list: '',
  list_subscriber: '',
  transactional_email: '',
};

describe('what of the application is relied on', () => {
  it('[R102] is in the application, name by name', () => {
    for (const [table, columns] of Object.entries(RELIED_ON)) {
      expect(Object.keys(KNOWN)).toContain(table);
      expect((KNOWN[table] ?? '').split(' ')).toEqual(expect.arrayContaining([...columns]));
    }
  });

  it('[R102] is all that our PHP names in SQL and in models', async () => {
    const known = new Set(Object.values(RELIED_ON).flat());
    for (const file of await readdir(join(packageRoot(), PHP))) {
      const php = await readFile(join(packageRoot(), PHP, file), 'utf8');
      const tables = [...php.matchAll(/\{\{(\w+)\}\}/g)].map(([, table]) => table);
      for (const table of tables) expect(Object.keys(RELIED_ON), `${file} names the table ${table}`).toContain(table);
      const inSql = [...php.matchAll(/`(\w+)`/g)].map(([, column]) => column ?? '');
      const ofModels = [...php.matchAll(/\$(?:server|customer|key)->(\w+)(?![\w(])/g)].map(
        ([, column]) => column ?? '',
      );
      // Virtual: the model keeps it in meta_data.
      const columns = [...inSql, ...ofModels].filter((column) => column !== 'additional_headers');
      for (const column of columns) expect([...known], `${file} names ${column}`).toContain(column);
    }
  });

  it('[R102] is made by the SQL of the stand-in, which names what is not', async () => {
    const schema = await readFile(join(packageRoot(), SCHEMA), 'utf8');
    expect(missingFrom(schema)).toEqual([]);
    const other = schema
      .replace('  `force_from` char(50)', '  `from_force` char(50)')
      .replace('`campaign` (', '`campaigns` (');
    expect(missingFrom(other)).toEqual(['campaign', 'delivery_server.force_from']);
    expect(missingFrom('')).toHaveLength(Object.keys(RELIED_ON).length);
  });

  it('is read from the statements that make tables, not from their keys', () => {
    const text =
      'CREATE TABLE IF NOT EXISTS `a` (\n  `id` int(11) NOT NULL,\n  `key` char(40),\n  PRIMARY KEY (`id`),\n  KEY `k` (`key`)\n) ENGINE=InnoDB;\n';
    expect(columnsOf(text)).toEqual(new Map([['a', new Set(['id', 'key'])]]));
  });
});
