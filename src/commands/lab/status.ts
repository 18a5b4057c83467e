import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { labStatus, type LabStatus as Status } from '../../lib/lab/lab.js';

export default class LabStatus extends EeCommand {
  static override summary = 'Show which labs and hosts are up';

  static override description =
    'Shows what really runs on this machine: the hosts of each lab, whether SSH answers, and where its settings file is.';

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --name rehearsal --json',
  ];

  static override flags = {
    name: Flags.string({ description: 'Only this lab. Default: all.' }),
  };

  async run(): Promise<{ labs: readonly Status[] }> {
    const { flags } = await this.parse(LabStatus);
    const labs = await labStatus(flags.name === undefined ? {} : { name: flags.name });
    if (labs.length === 0) {
      this.print(flags.name === undefined ? 'There is no lab.' : `There is no lab "${flags.name}".`);
    }
    for (const lab of labs) this.#show(lab);
    return { labs };
  }

  #show(lab: Status): void {
    this.print(`${lab.name}  ${lab.network.cidr} on ${lab.network.bridge}${lab.network.up ? '' : ' (down)'}`);
    for (const { host, address, from, status } of lab.hosts) {
      this.print(`  ${host}  ${address.padEnd(14)} ${from.padEnd(9)} ${status}`);
    }
    this.print(`  settings: ${lab.settingsFile}`);
  }
}
