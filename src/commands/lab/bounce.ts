import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import {
  BOUNCE_ACTIONS,
  DEFAULT_LAB,
  bounceLate,
  findWorld,
  labPlace,
  showReport,
  type SentReport,
} from '../../lib/lab/lab.js';

export default class LabBounce extends EeCommand {
  static override summary = 'Have a mailbox provider of the lab bounce a message that it took';

  static override description = `The provider that received the message sends a delivery status notification (RFC 3464) to its return path, as one does
that finds out later. To have it refuse a message at once, see \`ee lab provider\`.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --message 1795500000000000',
    "<%= config.bin %> <%= command.id %> --message 1795500000000000 --status 5.2.2 --text 'Mailbox full'",
    '<%= config.bin %> <%= command.id %> --message 1795500000000000 --action delayed',
  ];

  static override flags = {
    name: Flags.string({ description: 'Name of the lab.', default: DEFAULT_LAB }),
    message: Flags.string({
      description: 'The message, by its ID in `ee lab inbox`.',
      helpValue: 'ID',
      required: true,
    }),
    action: Flags.option({ options: BOUNCE_ACTIONS })({
      description: 'Whether it failed or is late. Default: failed.',
    }),
    status: Flags.string({ description: 'Status code. Default: 5.1.1, of what is late 4.4.1.', helpValue: 'X.Y.Z' }),
    text: Flags.string({ description: 'What the host that refused said.', helpValue: 'TEXT' }),
  };

  async run(): Promise<SentReport> {
    const { flags } = await this.parse(LabBounce);
    const { action, status, text } = flags;
    const sent = await bounceLate(await findWorld(labPlace(flags.name)), flags.message, { action, status, text });
    this.print(showReport('bounce', sent));
    return sent;
  }
}
