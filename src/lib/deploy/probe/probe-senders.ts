import { randomUUID } from 'node:crypto';
import type { Emit } from '../../converge/events.js';
import type { SendingIdentity, Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { Post } from './post.js';
import type { Probe, ResolveTxt } from './probe.js';

export type { Probe, ProbeOutcome, ResolveTxt } from './probe.js';

export interface ProbeOptions {
  readonly identities: readonly SendingIdentity[];
  /** The DNS that signatures must verify against. */
  readonly resolveTxt: ResolveTxt;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  /** Milliseconds until a message that did not arrive has failed. */
  readonly timeout?: number;
}

const TIMEOUT_MS = 30_000;

const TEXT = `A probe of ee. It proves from which address, under which name and with which signature
this virtual MTA sends. It does not leave the host.
`;

/**
 * Sends a message through each sender's virtual MTA to `ee` itself, and judges what arrives: the IP that it came from, its HELO, and
 * its DKIM signature with the selector that the configuration on the host names, against DNS. Nothing leaves the host, and nothing
 * on it changes. A probe that fails is an outcome. Throws what concerns them all: PROBE_UNPREPARED, RELAY_CERTIFICATE_MISSING,
 * PORT_TAKEN, SSH_FORWARDING, DIAL_FAILED, REMOTE_FAILED, SSH_LOST, INTERRUPTED.
 */
export async function probeSenders(host: Host, settings: Settings, options: ProbeOptions): Promise<readonly Probe[]> {
  const { identities, emit, timeout = TIMEOUT_MS, ...rest } = options;
  const count = identities.length === 1 ? 'one sender' : `${identities.length} senders`;
  emit({ kind: 'step', host: host.name, step: `proving ${count} with a message each` });
  const post = await Post.open(host, settings, { ...rest, timeout });
  try {
    return await Promise.all(
      identities.map(async (identity) => ({ identity, outcome: await post.prove(identity, probeFor(post, identity)) })),
    );
  } finally {
    await post.close();
  }
}

function probeFor(post: Post, identity: SendingIdentity) {
  const address = post.addressFor(identity);
  return {
    from: identity.sender,
    to: address,
    recipients: [address],
    messageId: `<${randomUUID()}@${identity.domain}>`,
    subject: 'A probe of ee',
    text: TEXT,
  };
}
