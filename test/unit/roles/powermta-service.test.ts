import { execa } from 'execa';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { service } from '../../../src/lib/converge/resources/service.js';
import { powermtaService } from '../../../src/lib/roles/services.js';

describe('the look at PowerMTA, in a real shell', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ee-service-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const program = (name: string, script: string) =>
    writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

  /** What is planned with the port 2525 wanted, where `configuration` is on the host and ss finds what `filters` name. */
  async function planned(configuration: string, filters: readonly string[]): Promise<string | undefined> {
    const path = join(folder, 'config');
    await writeFile(path, configuration);
    await program('systemctl', '[ "$1" = is-active ] && echo active || echo enabled');
    await program(
      'ss',
      `[ "$1" = -Hltn ] || exit 9\ncase "$2" in ${filters.map((f) => `"${f}"`).join('|')}) echo LISTEN;; esac`,
    );
    // Each second is over at once.
    await program('date', `echo x >> ${folder}/seconds\nwc -l < ${folder}/seconds`);
    await program('sleep', ':');
    const resource = service(powermtaService(2525));
    const { stdout } = await execa('sh', {
      input: resource.probe.replaceAll('/etc/pmta/config', path),
      env: { PATH: [folder, process.env['PATH']].join(delimiter) },
    });
    return resource.diff(Buffer.from(stdout))?.summary;
  }

  const WITH_2526 = 'smtp-listener 192.0.2.1:2526\nsmtp-listener 192.0.2.1:25 source={ee-inbound}\n';
  const SILENT = 'restart pmta, which runs and does not answer';

  it('has an answer on the wanted port, whatever the configuration on the host says', async () => {
    expect(await planned(WITH_2526, ['sport = :2525'])).toBeUndefined();
  });

  it.each([
    ['a directive', WITH_2526],
    ['a block', '<smtp-listener 192.0.2.1:2526>\n  source {x}\n</smtp-listener>\n'],
  ])(
    'has an answer on the port of %s in the configuration that runs, before a changed port is applied',
    async (_, text) => {
      expect(await planned(text, ['src = 192.0.2.1:2526'])).toBeUndefined();
    },
  );

  it('does not take the port 25 of another mail server for an answer', async () => {
    expect(await planned(WITH_2526, ['src = 127.0.0.1:25', 'sport = :25'])).toBe(SILENT);
  });

  it('is restarted where nothing of its configuration listens, or there is none', async () => {
    expect(await planned(WITH_2526, ['none'])).toBe(SILENT);
    expect(await planned('', ['none'])).toBe(SILENT);
  });
});
