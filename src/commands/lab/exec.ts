import { Args, Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { EeError, type Exit } from '../../lib/errors.js';
import { DEFAULT_LAB, LAB_HOSTS, labExec, labPlace, type LabExecResult, type LabHostName } from '../../lib/lab/lab.js';

export default class LabExec extends EeCommand {
  static override summary = 'Run a command on a host of the lab';

  static override description = `Runs a command as root over SSH, with the lab's key and known_hosts, and ends with its status. A single word is a script
for the host's shell; several words are a command and its arguments, which reach it unchanged.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> vps1 -- systemctl --failed',
    "<%= config.bin %> <%= command.id %> vps2 -- 'ss -tlnp | grep 2525'",
  ];

  static override args = {
    host: Args.string({ description: 'The host.', options: [...LAB_HOSTS], required: true }),
  };

  static override flags = {
    name: Flags.string({ description: 'Name of the lab.', default: DEFAULT_LAB }),
  };

  static override strict = false;

  async run(): Promise<LabExecResult> {
    const { args, argv, flags } = await this.parse(LabExec);
    const command = (argv as string[]).slice(1);
    if (command.length === 0) {
      throw new EeError('USAGE', {
        message: 'There is no command to run.',
        hint: `Put it after two hyphens: ee lab exec ${args.host} -- systemctl --failed`,
      });
    }
    const streams = this.jsonEnabled() ? 'captured' : 'attached';
    const result = await labExec(labPlace(flags.name), args.host as LabHostName, command, { streams });
    // The status is the remote command's own, which is none of the statuses that ee has meanings for.
    this.exitWith(result.code as Exit);
    return result;
  }
}
