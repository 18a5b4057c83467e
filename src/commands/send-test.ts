import { Flags } from '@oclif/core';
import { secondsOf } from '../lib/cli/pmta/seconds.js';
import { Vps2Command, yesFlag } from '../lib/cli/pmta/vps2-command.js';
import type { SentTest } from '../lib/deploy/send-test/send-test.js';
import { EXIT, EeError } from '../lib/errors.js';

export default class SendTest extends Vps2Command {
  static override summary = 'Send one message through each sender to your own address';
  static override description =
    'Shows of each sender what left VPS2 (from which IP, under which name, signed with which selector, verified against DNS) by a copy ' +
    'that comes back to ee, and what PowerMTA says of its delivery, with the answer of the other server. It is real mail, so it asks ' +
    'first. Status 1 when a message failed or its proof did, 3 when one is still queued when the time is over. Spools, queues and ' +
    'the configuration stay as they are.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --to you@example.net',
    {
      description: 'Through two senders, by number and by address',
      command: '<%= config.bin %> <%= command.id %> --to you@example.net --sender 1 --sender support@mail2.example.com',
    },
    '<%= config.bin %> <%= command.id %> --to you@example.net --yes --timeout 5m --json',
  ];
  static override flags = {
    to: Flags.string({ description: 'Your own address.', helpValue: 'ADDRESS', required: true }),
    sender: Flags.string({
      description: 'Only this sender, by its number or its address. May be given several times. Default: all.',
      helpValue: 'SENDER',
      multiple: true,
      default: [],
    }),
    timeout: Flags.string({
      description: 'How long to wait for the deliveries: 90s, 5m; 0 for not at all.',
      helpValue: 'TIME',
      default: '2m',
    }),
    yes: yesFlag,
  };

  protected override readonly again = 'repeats';

  async run(): Promise<Record<string, unknown>> {
    const { flags } = await this.parse(SendTest);
    const timeout = secondsOf(flags.timeout, '--timeout') * 1000;
    const to = await addressOf(flags.to);
    const settings = await this.settings(flags);
    const [{ sendTest }, { chosenSenders }, { liveTxt }, { sentTestLines }] = await Promise.all([
      import('../lib/deploy/send-test/send-test.js'),
      import('../lib/deploy/send-test/chosen-senders.js'),
      import('../lib/deploy/probe/live-txt.js'),
      import('../lib/cli/send-test-text.js'),
    ]);
    const identities = chosenSenders(settings.sending.identities, flags.sender);
    const messages =
      identities.length === 1 ? 'one message' : `${identities.length} messages, one through each sender,`;
    await this.confirm(`Send ${messages} to ${to}?`, flags);

    const { emit, close } = await this.progress(flags);
    const resolveTxt = liveTxt(settings.dns.resolvers);
    const { signal } = this;
    const sent = await this.onVps2(settings, flags, (host) =>
      sendTest(host, settings, { identities, to, resolveTxt, timeout, signal, emit }),
    ).finally(close);
    this.printStyled(sentTestLines(to, sent).slice(1).join('\n'));
    this.exitWith(verdict(sent));
    return { to, messages: sent.map(documentOf) };
  }
}

async function addressOf(text: string): Promise<string> {
  const { email } = await import('../lib/settings/value-types.js');
  const { success, data } = email.safeParse(text);
  if (success) return data;
  throw new EeError('USAGE', {
    message: `--to ${text} is not an e-mail address.`,
    hint: 'Write it like you@example.net.',
  });
}

/** A message that failed weighs more than one of which nobody knows yet. */
function verdict(sent: readonly SentTest[]) {
  const failed = sent.some(
    ({ left, delivery }) => left.kind === 'failed' || delivery.kind === 'bounced' || delivery.kind === 'discarded',
  );
  if (failed) return EXIT.failed;
  return sent.some(({ delivery }) => delivery.kind !== 'delivered') ? EXIT.found : EXIT.done;
}

function documentOf({ identity, messageId, left, delivery }: SentTest): Record<string, unknown> {
  const { index, sender, ip, domain } = identity;
  if (delivery.kind === 'waiting' || delivery.kind === 'not-sent')
    return { index, sender, ip, domain, messageId, left, delivery };
  const { kind, record } = delivery;
  const { server, answer, status, category } = record;
  return { index, sender, ip, domain, messageId, left, delivery: { kind, server, answer, status, category } };
}
