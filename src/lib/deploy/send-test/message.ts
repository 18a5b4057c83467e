import type { SendingIdentity } from '../../settings/settings.js';
import type { Outgoing } from '../probe/relay.js';

interface TestMessage {
  readonly identity: SendingIdentity;
  readonly to: string;
  /** Where a copy of the same message arrives at `ee`. */
  readonly copyTo: string;
  readonly mark: string;
}

/** One message to the operator's own address. It says what it is, since it lies in a mailbox afterwards. */
export function testMessage({ identity, to, copyTo, mark }: TestMessage): Outgoing {
  const { index, ip, domain, sender } = identity;
  return {
    from: sender,
    to,
    recipients: [to, copyTo],
    messageId: `<${mark}.${index}@${domain}>`,
    subject: `Test of the sender ${sender}`,
    text: [
      `This is a test that \`ee send-test\` was asked to send to ${to}.`,
      '',
      `It was sent as ${sender}, and should come from ${ip} (${domain}), signed by ${domain}.`,
      'The headers of this message show whether it was: Received names the address, and',
      'Authentication-Results what your provider thinks of SPF, DKIM and DMARC.',
      '',
      'Nobody has to do anything about it, and there is nothing to unsubscribe from.',
      '',
    ].join('\n'),
  };
}
