import { execa } from 'execa';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { service } from '../../../../src/lib/converge/resources/service.js';
import { Answers, unitProof, unitQuestions } from '../../../../src/lib/deploy/status/proof.js';
import { POSTGRESQL } from '../../../../src/lib/roles/services.js';

/** What the programs of a host say. */
interface Host {
  /** State by unit. */
  readonly units: Readonly<Record<string, string>>;
  /** Lines of `pg_lsclusters -h`. */
  readonly clusters: string;
  /** The status of pg_isready: 0 accepts, 1 refuses, 2 does not answer. */
  readonly ready: number;
}

describe('the look at PostgreSQL, in a real shell', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-service-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const program = (name: string, script: string) =>
    writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

  async function on({ units, clusters, ready }: Host, script: string): Promise<string> {
    const states = Object.entries(units).map(([unit, state]) => `${unit}) echo ${state};;`);
    await program(
      'systemctl',
      `[ "$1" = is-active ] || { echo enabled; exit 0; }\ncase $2 in ${states.join(' ')} esac`,
    );
    await program('pg_lsclusters', `cat <<'EE_END'\n${clusters}\nEE_END`);
    await program('pg_isready', `exit ${ready}`);
    // Each second is over at once.
    await program('date', `echo x >> ${folder}/seconds\nwc -l < ${folder}/seconds`);
    await program('sleep', ':');
    const { stdout } = await execa('sh', {
      input: script,
      env: { PATH: [folder, process.env['PATH']].join(delimiter) },
    });
    return stdout;
  }
  const planned = async (host: Host) => {
    const resource = service(POSTGRESQL);
    return resource.diff(Buffer.from(await on(host, resource.probe)))?.summary;
  };
  const proof = async (host: Host) => unitProof(new Answers(await on(host, unitQuestions([POSTGRESQL, 'cron']))));

  const UP = 'active';
  const cluster = (state: string, port = 5432, version = 17): string =>
    `${version} main ${port} ${state} postgres /var/lib/postgresql/${version}/main /var/log/postgresql.log`;

  it('finds the cluster that died under the unit that wraps it', async () => {
    const host = {
      units: { postgresql: UP, 'postgresql@17-main': 'failed', cron: UP },
      clusters: cluster('down'),
      ready: 2,
    };
    expect(await planned(host)).toBe('start postgresql (postgresql@17-main is failed)');
    expect(await proof(host)).toEqual({ what: 'services', seen: 'postgresql@17-main failed', ok: false });
  });

  it('asks the cluster that has the port, whatever else is there', async () => {
    const host = {
      units: { postgresql: UP, 'postgresql@15-main': 'inactive', 'postgresql@17-main': UP, cron: UP },
      clusters: `${cluster('down', 5433, 15)}\n${cluster('online')}`,
      ready: 0,
    };
    expect(await planned(host)).toBeUndefined();
    expect(await proof(host)).toEqual({ what: 'services', seen: 'postgresql, cron run', ok: true });
  });

  it('tells one that starts, and refuses, from one that is silent', async () => {
    const host = { units: { postgresql: UP, 'postgresql@17-main': UP, cron: UP }, clusters: cluster('online') };
    expect(await planned({ ...host, ready: 1 })).toBeUndefined();
    expect(await planned({ ...host, ready: 2 })).toBe('restart postgresql, which runs and does not answer');
    expect((await proof({ ...host, ready: 2 })).seen).toBe('postgresql does not answer');
  });

  it('plans on a bare host', async () => {
    const bare = { units: {}, clusters: '', ready: 127 };
    expect(await planned(bare)).toBe('start postgresql');
    expect((await proof(bare)).seen).toBe('postgresql absent, cron absent');
  });
});
