import { quote } from '../../ssh/shell-quote.js';
import type { Secret } from '../../secret.js';
import type { Resource } from '../resource.js';

/** A MariaDB database and the one local user that may use it. Names hold only `[A-Za-z0-9_]`. */
export interface DatabaseWanted {
  readonly name: string;
  readonly user: string;
  readonly password: Secret;
}

/**
 * The database (utf8mb4) and its user with rights on that database alone. What exists is kept with all that is in it; an
 * existing user whose password is another gets the one of the settings, and one with more rights loses them.
 */
export function mariadbDatabase({ name, user, password }: DatabaseWanted): Resource {
  for (const word of [name, user]) if (!/^\w+$/.test(word)) throw new Error(`not a name for a database: ${word}`);
  return {
    id: `database:${name}`,
    probe: [
      'command -v mariadb >/dev/null || exit 0',
      // No answer is not the answer that it is absent.
      `mariadb -N -r <<'EE_SQL' 2>/dev/null || echo unanswered`,
      `SELECT 'database' FROM information_schema.schemata WHERE schema_name = '${name}';`,
      `SELECT CONCAT('right on ', Db) FROM mysql.db WHERE User = '${user}' AND Host = 'localhost';`,
      `SELECT CONCAT('right to ', privilege_type) FROM information_schema.user_privileges WHERE grantee = '''${user}''@''localhost''' AND privilege_type <> 'USAGE';`,
      'EE_SQL',
      // An option file on a pipe: the password is neither in an argument list nor on the disk.
      `mariadb --defaults-extra-file=/dev/fd/3 -N -e 'SELECT "login"' ${quote(name)} 3<<'EE_OPTIONS' 2>/dev/null || :`,
      '[client]',
      `user=${user}`,
      `password="${password.reveal().replace(/["\\]/g, '\\$&')}"`,
      'EE_OPTIONS',
    ].join('\n'),
    diff(output) {
      const seen = output.toString('utf8').split('\n');
      const state = seen.includes('database') ? 'there' : seen.includes('unanswered') ? 'unknown' : 'absent';
      const rights = seen.filter((line) => line.startsWith('right '));
      const exact = rights.length === 1 && rights[0] === `right on ${literally(name)}`;
      if (state === 'there' && seen.includes('login') && exact) return undefined;
      return {
        ...{
          there: {
            action: 'update',
            summary: `give ${user} access to the database ${name}, and to nothing else`,
          } as const,
          absent: { action: 'create', summary: `create the empty database ${name}` } as const,
          unknown: { action: 'run', summary: `see to the database ${name}: MariaDB does not answer` } as const,
        }[state],
        script: createScript(name, user, password),
      };
    },
  };
}

/** A name in GRANT is a pattern, in which `_` stands for any character. */
const literally = (name: string): string => name.replaceAll('_', '\\_');

function createScript(name: string, user: string, password: Secret): string {
  const literal = password.reveal().replace(/['\\]/g, '\\$&');
  return [
    `mariadb <<'EE_SQL'`,
    `CREATE DATABASE IF NOT EXISTS \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;`,
    `CREATE USER IF NOT EXISTS '${user}'@'localhost' IDENTIFIED BY '${literal}';`,
    `ALTER USER '${user}'@'localhost' IDENTIFIED BY '${literal}';`,
    `REVOKE ALL PRIVILEGES, GRANT OPTION FROM '${user}'@'localhost';`,
    `GRANT ALL PRIVILEGES ON \`${literally(name)}\`.* TO '${user}'@'localhost';`,
    'EE_SQL',
  ].join('\n');
}
