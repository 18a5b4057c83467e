// A command for errors.test.ts, in a process of its own: it works until it is interrupted.
import { setTimeout as sleep } from 'node:timers/promises';
import { Errors, Flags } from '@oclif/core';
import { writeFileSync } from 'node:fs';
import { EeCommand } from '../../src/lib/cli/ee-command.js';
import { takeStandardStreams } from '../../src/lib/cli/output/standard-streams.js';
import { packageRoot } from '../../src/lib/package-root.js';

class Waiting extends EeCommand {
  static override id = 'waiting';
  static override flags = {
    heed: Flags.boolean({ default: false, description: 'Stop in good order.' }),
    mark: Flags.string({ description: 'Write here that it put back what it had begun.' }),
  };

  async run(): Promise<{ ended: string }> {
    const { flags } = await this.parse(Waiting);
    const options = flags.heed ? { signal: this.signal } : {};
    this.note('started');
    try {
      await sleep(20_000, undefined, options);
    } finally {
      this.note('put back');
      if (flags.mark !== undefined) writeFileSync(flags.mark, 'put back');
    }
    return { ended: 'by itself' };
  }
}

takeStandardStreams();
try {
  await Waiting.run(process.argv.slice(2), { root: packageRoot() });
} catch (error) {
  process.exit(error instanceof Errors.ExitError ? error.oclif.exit : 99);
}
