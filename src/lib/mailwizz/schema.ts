import { CONTENT_TABLES } from './layout.js';

/**
 * Every table and column of the application that is named here or by its own models on our behalf. The SQL of the application on the
 * host is the truth: it is compared with this before anything is built on it.
 */
export const RELIED_ON: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(CONTENT_TABLES.map((table) => [table, []])),
  option: words('category key value is_serialized date_added last_updated'),
  user: words('user_uid first_name last_name email password timezone removable status date_added last_updated'),
  console_command: words('command_id command'),
  console_command_history: words('command_id date_added'),
  customer: words('customer_id first_name last_name email password timezone status'),
  customer_api_key: words('customer_id name key ip_whitelist'),
  delivery_server: words(
    'server_id name type hostname port protocol username password from_email from_name force_from use_for status meta_data',
  ),
};

function words(text: string): string[] {
  return text.split(' ');
}

/** The columns of each table that a schema creates, without prefix. */
export function columnsOf(schema: string): Map<string, ReadonlySet<string>> {
  const tables = schema.matchAll(/^CREATE TABLE(?: IF NOT EXISTS)?\s+`(\w+)`\s*\(([\s\S]*?)^\)/gm);
  return new Map(
    [...tables].map(([, name = '', body = '']) => [
      name,
      new Set([...body.matchAll(/^\s*`(\w+)`/gm)].map(([, column = '']) => column)),
    ]),
  );
}

/** What of it a schema does not have: `campaign`, `user.timezone`. */
export function missingFrom(schema: string): string[] {
  const found = columnsOf(schema);
  return Object.entries(RELIED_ON).flatMap(([table, columns]) => {
    const there = found.get(table);
    if (there === undefined) return [table];
    return columns.filter((column) => !there.has(column)).map((column) => `${table}.${column}`);
  });
}
