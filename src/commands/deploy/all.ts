import { DeployCommand } from '../../lib/cli/deploy/deploy-command.js';
import { adaptationFlags } from '../../lib/cli/pmta/adaptation-flags.js';
import { overwriteDriftFlag } from '../../lib/cli/pmta/vps2-command.js';

export default class DeployAll extends DeployCommand {
  static override summary = 'Deploy all three hosts.';
  static override description =
    'Verifies the backup set, then brings VPS1, VPS2 and VPS3 to their wanted state, in parallel. A second run changes nothing. Nothing is changed on any host before all of them are reachable, suitable and free.';

  static override examples = [
    { description: 'What would change', command: '<%= config.bin %> deploy all --dry-run' },
    { description: 'From a script', command: '<%= config.bin %> deploy all --yes --json' },
  ];

  static override flags = { 'overwrite-drift': overwriteDriftFlag, ...adaptationFlags };

  async run(): Promise<Record<string, unknown>> {
    const { flags } = await this.parse(DeployAll);
    return this.deployTo(['vps1', 'vps2', 'vps3'], flags);
  }
}
