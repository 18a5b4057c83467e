import { execa } from 'execa';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postgresDatabase } from '../../../../src/lib/converge/resources/postgres.js';
import { Secret } from '../../../../src/lib/secret.js';

/** A psql that answers, and writes down all that other processes could see of it, and what it is told of the service. */
const PSQL = `#!/bin/sh
here=$(dirname "$0")
{ tr '\\0' '\\n' < /proc/$$/cmdline; tr '\\0' '\\n' < /proc/$$/environ; } >> "$here/seen"
case "$*" in
  *service=ee*) cat "$PGSERVICEFILE" > "$here/service"; echo login;;
  *) echo database;;
esac
`;
const RUNUSER = `#!/bin/sh
shift 3
exec "$@"
`;

describe('the look at a PostgreSQL database, in a real shell', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-psql-'));
    await writeFile(join(folder, 'psql'), PSQL, { mode: 0o755 });
    await writeFile(join(folder, 'runuser'), RUNUSER, { mode: 0o755 });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('does not take a server that is down for one without the database', async () => {
    await writeFile(join(folder, 'psql'), '#!/bin/sh\necho "psql: error: connection refused" >&2\nexit 2\n', {
      mode: 0o755,
    });
    const { probe, diff } = postgresDatabase({ name: 'email_engine', password: new Secret('x') });
    const { stdout } = await execa('sh', {
      input: probe,
      env: { PATH: [folder, process.env['PATH']].join(delimiter) },
    });
    expect(diff(Buffer.from(stdout))).toMatchObject({
      action: 'run',
      summary: 'see to the database email_engine: PostgreSQL does not answer',
    });
    expect(diff(Buffer.from(''))).toMatchObject({ action: 'create' });
  });

  it('[R11] gives psql the password where nobody else sees it, whatever its characters are', async () => {
    const password = `p'q$HOME\\"\`id\`:=~`;
    const { probe, diff } = postgresDatabase({ name: 'email_engine', password: new Secret(password) });
    const { stdout } = await execa('sh', {
      input: probe,
      env: { PATH: [folder, process.env['PATH']].join(delimiter) },
    });
    expect(stdout).toBe('database\nlogin');
    expect(diff(Buffer.from(stdout))).toBeUndefined();
    expect(await readFile(join(folder, 'service'), 'utf8')).toBe(
      `[ee]\nhost=127.0.0.1\nconnect_timeout=5\ndbname=email_engine\nuser=email_engine\npassword=${password}\n`,
    );
    const seen = await readFile(join(folder, 'seen'), 'utf8');
    expect(seen).toContain('service=ee');
    expect(seen).toContain('PGSERVICEFILE=/dev/fd/3');
    expect(seen).not.toContain("p'q");
  });
});
