import { Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { EeError } from '../../lib/errors.js';
import {
  DEFAULT_LAB,
  findWorld,
  labPlace,
  rawMessage,
  receivedMessages,
  showMessages,
  type ReceivedMessage,
} from '../../lib/lab/lab.js';

interface Inbox {
  readonly messages: readonly ReceivedMessage[];
}
interface Raw {
  readonly id: string;
  readonly raw: string;
}

export default class LabInbox extends EeCommand {
  static override summary = "Show what the lab's mailbox providers received";

  static override description = `Lists the messages with the address that each came from and what the provider concluded: TLS, SPF, DKIM, DMARC, the reverse
name and the greeting. With --json everything that is known of each, and with --raw one message as it came.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --to gmail.com --json',
    '<%= config.bin %> <%= command.id %> --raw 1795500000000000',
  ];

  static override flags = {
    name: Flags.string({ description: 'Name of the lab.', default: DEFAULT_LAB }),
    to: Flags.string({ description: 'Only for this address or domain.', helpValue: 'ADDRESS', exclusive: ['raw'] }),
    raw: Flags.string({ description: 'Print this one message instead.', helpValue: 'ID' }),
  };

  async run(): Promise<Inbox | Raw> {
    const { flags } = await this.parse(LabInbox);
    const world = await findWorld(labPlace(flags.name));
    if (flags.raw !== undefined) {
      const raw = await rawMessage(world, flags.raw);
      if (raw === undefined) {
        throw new EeError('USAGE', {
          message: `The lab "${flags.name}" received no message ${flags.raw}.`,
          hint: `\`ee lab inbox --name ${flags.name}\` lists their IDs.`,
        });
      }
      this.give(raw);
      return { id: flags.raw, raw: raw.toString() };
    }
    const messages = await receivedMessages(world, flags.to);
    this.print(messages.length === 0 ? 'Nothing was received.' : showMessages(messages));
    return { messages };
  }
}
