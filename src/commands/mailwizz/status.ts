import chalk from 'chalk';
import { HostCommand } from '../../lib/cli/host-command.js';
import { proofLines } from '../../lib/cli/proof-lines.js';
import type { MailwizzStatus as StatusDocument } from '../../lib/deploy/mailwizz/status.js';
import { EXIT } from '../../lib/errors.js';
import { printable } from '../../lib/printable.js';

export default class MailwizzStatus extends HostCommand {
  static override summary = 'Show how MailWizz is: pages, version, addresses in mails, scheduled commands, certificate';
  static override description =
    'Asks the application on VPS1 itself, and PowerMTA on VPS2 whether it sends as the application believes. Changes nothing. Status 3 ' +
    'when something is not as it should be, or when it is not installed; 4 when VPS1 cannot be reached.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  async run(): Promise<StatusDocument & { host: string }> {
    const { flags } = await this.parse(MailwizzStatus);
    const settings = await this.settings(flags);
    const { mailwizzStatus } = await import('../../lib/deploy/mailwizz/status.js');
    const found = await this.onHost('vps1', settings, flags, (host) =>
      mailwizzStatus(host, (use) => this.onHost('vps2', settings, flags, use), settings, this.signal),
    );
    this.#show(found);
    if (!found.healthy) this.exitWith(EXIT.found);
    return { host: 'vps1', ...found };
  }

  #show({ version, proofs }: StatusDocument): void {
    this.printStyled(chalk.bold(`vps1  MailWizz ${printable(version ?? '(not unpacked)')}`));
    for (const line of proofLines(proofs)) this.printStyled(line);
  }
}
