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
  return {
    id: `database:${name}`,
    probe: [
      'command -v psql >/dev/null || exit 0',
      // psql runs from a folder that its user may enter.
      'cd /',
      // No answer is not the answer that it is absent.
      `runuser -u postgres -- psql -tAc "SELECT 'database' FROM pg_database WHERE datname = '${name}'" 2>/dev/null || echo unanswered`,
      // A service file on a pipe: the password is in no argument list, no environment and not on the disk.
      `PGSERVICEFILE=/dev/fd/3 psql -w -d service=ee -tAc "SELECT 'login'" 3<<'EE_SERVICE' 2>/dev/null || :`,
      '[ee]',
      'host=127.0.0.1',
      'connect_timeout=5',
      `dbname=${name}`,
      `user=${name}`,
      `password=${password.reveal()}`,
      'EE_SERVICE',
    ].join('\n'),
    diff(output) {
      const seen = output.toString('utf8').split('\n');
      if (seen.includes('login')) return undefined;
      const state = seen.includes('database') ? 'there' : seen.includes('unanswered') ? 'unknown' : 'absent';
      const literal = password.reveal().replaceAll("'", "''");
      return {
        ...{
          there: { action: 'update', summary: `give the role ${name} its password` } as const,
          absent: { action: 'create', summary: `create the database ${name} and its role` } as const,
          unknown: { action: 'run', summary: `see to the database ${name}: PostgreSQL does not answer` } as const,
        }[state],
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
