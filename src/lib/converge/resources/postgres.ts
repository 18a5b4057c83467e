import type { Secret } from '../../secret.js';
import type { Resource } from '../resource.js';

/** A PostgreSQL role and the database that it owns, of the same name. */
export interface PostgresWanted {
  readonly name: string;
  readonly password: Secret;
}

/** The role can log in over the loopback with its password, and owns its database. What exists is kept. */
export function postgresDatabase({ name, password }: PostgresWanted): Resource {
  if (!/^[a-z_]\w*$/.test(name)) throw new Error(`not a name for a database: ${name}`);
  const login = `psql -h 127.0.0.1 -U ${name} -d ${name} -tAc 'SELECT 1'`;
  return {
    id: `database:${name}`,
    probe: [
      'command -v psql >/dev/null || exit 0',
      `PGPASSWORD='${password.reveal().replaceAll("'", `'\\''`)}' PGCONNECT_TIMEOUT=5 ${login} 2>/dev/null || :`,
    ].join('\n'),
    diff(output) {
      if (output.toString('utf8').trim() === '1') return undefined;
      const literal = password.reveal().replaceAll("'", "''");
      return {
        action: 'create',
        summary: `create the database ${name} and its role`,
        script: [
          'export PSQL_PAGER=',
          // psql runs from a folder that its user may enter.
          'cd /',
          `runuser -u postgres -- psql -q -v ON_ERROR_STOP=1 <<'EE_SQL'`,
          `SELECT 'CREATE ROLE ${name} LOGIN' WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '${name}')\\gexec`,
          `ALTER ROLE ${name} LOGIN PASSWORD '${literal}';`,
          `SELECT 'CREATE DATABASE ${name} OWNER ${name} ENCODING ''UTF8'' TEMPLATE template0' WHERE NOT EXISTS (SELECT 1 FROM pg_database WHERE datname = '${name}')\\gexec`,
          'EE_SQL',
        ].join('\n'),
      };
    },
  };
}
