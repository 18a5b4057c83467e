import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { quote } from '../../src/lib/ssh/shell-quote.js';
import { LocalHost } from './local-host.js';

/** A host whose `pmta` says what a test wrote down for it, and whose services are as a test wants them. */
export class FakePmta extends LocalHost {
  override readonly name = 'vps2';
  override readonly address = '192.0.2.20';
  closed = 0;
  override readonly close = async (): Promise<void> => {
    this.closed += 1;
  };

  private constructor(readonly folder: string) {
    super();
  }

  static async make(): Promise<FakePmta> {
    const fake = new FakePmta(await mkdtemp(join(tmpdir(), 'ee-pmta-')));
    await mkdir(join(fake.folder, 'said'));
    const command = [
      '#!/bin/sh',
      `echo "$*" >>'${fake.folder}/asked'`,
      `IFS=_; file='${fake.folder}/said/'"$*"`,
      '[ -f "$file" ] || { echo "Error: unknown command" >&2; exit 1; }',
      '. "$file"',
    ].join('\n');
    await writeFile(join(fake.folder, 'pmta'), `${command}\n`, { mode: 0o755 });
    await fake.services('active');
    return fake;
  }

  /** What `pmta COMMAND` prints. */
  async says(command: string, ...lines: readonly string[]): Promise<void> {
    await this.does(command, `printf '%s\\n' ${lines.map(quote).join(' ')}`);
  }

  /** Shell that runs for `pmta COMMAND`. */
  async does(command: string, shell: string): Promise<void> {
    const file = join(this.folder, 'said', command.replaceAll(' ', '_'));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${shell}\n`);
  }

  async services(state: string): Promise<void> {
    await writeFile(join(this.folder, 'systemctl'), `#!/bin/sh\necho ${state}\n`, { mode: 0o755 });
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
