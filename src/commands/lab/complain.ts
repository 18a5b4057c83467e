import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import {
  COMPLAINT_TYPES,
  DEFAULT_LAB,
  complain,
  findWorld,
  labPlace,
  showReport,
  type SentReport,
} from '../../lib/lab/lab.js';

export default class LabComplain extends EeCommand {
  static override summary = 'Have a mailbox provider of the lab complain about a message';

  static override description = `The provider that received the message sends a complaint (ARF, RFC 5965) to the feedback address, as when a recipient
presses the button for spam: to fbl at the domain that signed, else at that of the return path.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --message 1795500000000000',
    '<%= config.bin %> <%= command.id %> --message 1795500000000000 --to abuse@mail1.lab.example --hide-recipient',
  ];

  static override flags = {
    name: Flags.string({ description: 'Name of the lab.', default: DEFAULT_LAB }),
    message: Flags.string({
      description: 'The message, by its ID in `ee lab inbox`.',
      helpValue: 'ID',
      required: true,
    }),
    type: Flags.option({ options: COMPLAINT_TYPES })({ description: 'What it is about. Default: abuse.' }),
    to: Flags.string({ description: 'Send it to this address instead.', helpValue: 'ADDRESS' }),
    'hide-recipient': Flags.boolean({ description: 'Leave the recipient out, as many providers do.', default: false }),
  };

  async run(): Promise<SentReport> {
    const { flags } = await this.parse(LabComplain);
    const { type, to, 'hide-recipient': hide } = flags;
    const sent = await complain(await findWorld(labPlace(flags.name)), flags.message, { type, to, hide });
    this.print(showReport('complaint', sent));
    return sent;
  }
}
