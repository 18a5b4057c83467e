import { DeployCommand } from '../../lib/cli/deploy/deploy-command.js';
import { adaptationFlags } from '../../lib/cli/pmta/adaptation-flags.js';
import { overwriteDriftFlag } from '../../lib/cli/pmta/vps2-command.js';

export default class DeployVps2 extends DeployCommand {
  static override summary = 'Deploy VPS2: PowerMTA.';
  static override description =
    'PowerMTA with the licence of the backup set, and its configuration adapted to the sending IPs of the settings. A rule of it that would be lost is an error, until --drop names it.';

  static override examples = [
    { description: 'What would change', command: '<%= config.bin %> deploy vps2 --dry-run' },
    { description: 'From a script', command: '<%= config.bin %> deploy vps2 --yes --json' },
  ];

  static override flags = { 'overwrite-drift': overwriteDriftFlag, ...adaptationFlags };

  async run(): Promise<Record<string, unknown>> {
    const { flags } = await this.parse(DeployVps2);
    return this.deployTo(['vps2'], flags);
  }
}
