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

/** The columns of each table that a schema creates, without prefix: those of a table that is not closed are none. */
export function columnsOf(schema: string): Map<string, ReadonlySet<string>> {
  const tables = new Map<string, ReadonlySet<string>>();
  let open: { readonly name: string; readonly columns: Set<string>; isBody: boolean } | undefined;
  for (const line of schema.split(/\r?\n/)) {
    if (open?.isBody) {
      const column = /^\s*`(\w+)`/.exec(line)?.[1];
      if (column !== undefined) open.columns.add(column);
      if (!line.startsWith(')')) continue;
      tables.set(open.name, open.columns);
      open = undefined;
    } else {
      const name = /^CREATE TABLE(?: IF NOT EXISTS)?\s+`(\w+)`/.exec(line)?.[1];
      if (name !== undefined) open = { name, columns: new Set(), isBody: false };
      // The bracket stands behind the name, or begins a line of its own.
      if (open) open.isBody = /^(?:CREATE TABLE[^`]*`\w+`)?\s*\(/.test(line);
      if (name === undefined && !open?.isBody && line.trim() !== '') open = undefined;
    }
  }
  return tables;
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
