import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { DEFAULT_LAB, DEFAULT_STORE, describeEvent, labDown, type LabDownResult } from '../../lib/lab/lab.js';

export default class LabDown extends EeCommand {
  static override summary = 'Remove a lab, leaving nothing behind';

  static override description = `Shuts the hosts down and removes their files, mounts, bridge and firewall table, and the lab's folder with its settings
file and secrets. The cache of root file systems stays, unless asked otherwise. A lab that is not there is no error.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --name rehearsal',
    '<%= config.bin %> <%= command.id %> --purge-cache',
  ];

  static override flags = {
    name: Flags.string({ description: 'Name of the lab.', default: DEFAULT_LAB }),
    'purge-cache': Flags.boolean({
      description: 'Remove the cached root file systems and packages too.',
      default: false,
    }),
    'cache-dir': Flags.string({
      description: 'Folder of root file systems and packages.',
      default: DEFAULT_STORE.cache,
    }),
  };

  async run(): Promise<LabDownResult> {
    const { flags } = await this.parse(LabDown);
    const result = await labDown(
      {
        name: flags.name,
        store: { ...DEFAULT_STORE, cache: flags['cache-dir'] },
        purgeCache: flags['purge-cache'],
      },
      (event) => this.note(describeEvent(event)),
    );
    this.print(
      result.removed ? `The lab "${result.name}" is gone.` : `Nothing to do: there is no lab "${result.name}".`,
    );
    if (flags['purge-cache']) this.print(`The cache ${flags['cache-dir']} is gone.`);
    return result;
  }
}
