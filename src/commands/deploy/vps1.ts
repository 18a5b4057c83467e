import { DeployCommand } from '../../lib/cli/deploy/deploy-command.js';

export default class DeployVps1 extends DeployCommand {
  static override summary = 'Deploy VPS1: MailWizz.';
  static override description =
    'MailWizz behind nginx and PHP-FPM, with an EMPTY MariaDB database. The SQL dump of the backup set is never imported.';

  static override examples = [
    { description: 'What would change', command: '<%= config.bin %> deploy vps1 --dry-run' },
    { description: 'From a script', command: '<%= config.bin %> deploy vps1 --yes --json' },
  ];

  async run(): Promise<Record<string, unknown>> {
    const { flags } = await this.parse(DeployVps1);
    return this.deployTo(['vps1'], flags);
  }
}
