import { DeployCommand } from '../../lib/cli/deploy/deploy-command.js';

export default class DeployVps3 extends DeployCommand {
  static override summary = 'Deploy VPS3: the Email-Engine API and its monitoring.';
  static override description =
    'The Email-Engine API with PostgreSQL and Redis behind nginx, and Prometheus, which watches all three hosts.';

  static override examples = [
    { description: 'What would change', command: '<%= config.bin %> deploy vps3 --dry-run' },
    { description: 'From a script', command: '<%= config.bin %> deploy vps3 --yes --json' },
  ];

  async run(): Promise<Record<string, unknown>> {
    const { flags } = await this.parse(DeployVps3);
    return this.deployTo(['vps3'], flags);
  }
}
