import { Args, Flags } from '@oclif/core';
import { EeCommand } from '../../lib/cli/ee-command.js';
import { EeError } from '../../lib/errors.js';
import {
  DEFAULT_LAB,
  PHASES,
  behave,
  findWorld,
  labPlace,
  misbehave,
  showRule,
  type Misbehaviour,
  type Rule,
} from '../../lib/lab/lab.js';

export default class LabProvider extends EeCommand {
  static override summary = "Make one of the lab's mailbox providers misbehave, or behave again";

  static override description = `Tells the provider of a domain, or of one mailbox, to refuse, to be slow, to drop connections or to offer no TLS.
At connect and mail no recipient is known yet, so there it holds for all that this provider receives. A 421 also closes
the connection. With --times it recovers by itself.`;

  static override examples = [
    "<%= config.bin %> <%= command.id %> gmail.com --answer '421 4.7.0 slow down' --at connect --times 3",
    "<%= config.bin %> <%= command.id %> full@orange.fr --answer '552 5.2.2 Mailbox full'",
    '<%= config.bin %> <%= command.id %> yahoo.com --delay 20 --at data',
    '<%= config.bin %> <%= command.id %> gmail.com --normal',
  ];

  static override args = {
    scope: Args.string({ description: 'A domain of a provider, or a mailbox.', required: true }),
  };

  static override flags = {
    name: Flags.string({ description: 'Name of the lab.', default: DEFAULT_LAB }),
    at: Flags.option({ options: PHASES })({ description: 'When. Default: rcpt.' }),
    answer: Flags.string({ description: 'Refuse with this answer.', helpValue: "'CODE TEXT'" }),
    drop: Flags.boolean({ description: 'End the connection without a word.', default: false }),
    'refuse-tls': Flags.boolean({ description: 'Offer no STARTTLS.', default: false }),
    delay: Flags.integer({ description: 'Wait before the answer.', helpValue: 'SECONDS', min: 1, max: 3600 }),
    after: Flags.integer({ description: 'Let this many pass first.', helpValue: 'N', min: 1 }),
    times: Flags.integer({ description: 'Do it this often, then recover.', helpValue: 'N', min: 1 }),
    normal: Flags.boolean({
      description: 'Behave again.',
      default: false,
      exclusive: ['answer', 'delay', 'at', 'after', 'times'],
    }),
  };

  async run(): Promise<{ scope: string; rule: Rule | null }> {
    const { args, flags } = await this.parse(LabProvider);
    const world = await findWorld(labPlace(flags.name));
    const { at, answer, drop, delay, after, times } = flags;
    const how: Misbehaviour = { at, answer, drop, refuseTls: flags['refuse-tls'], delay, after, times };
    if (flags.normal) {
      await behave(world, args.scope);
      this.print(`${args.scope}: behaves.`);
      return { scope: args.scope, rule: null };
    }
    if (answer === undefined && !drop && !how.refuseTls && delay === undefined) {
      throw new EeError('USAGE', {
        message: `What shall the provider of ${args.scope} do?`,
        hint: "Add one of --answer '421 4.7.0 slow down', --drop, --delay SECONDS, --refuse-tls, --normal.",
      });
    }
    const rule = await misbehave(world, args.scope, how);
    this.print(showRule(rule));
    return { scope: args.scope, rule };
  }
}
