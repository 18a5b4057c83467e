import { setTimeout as sleep } from 'node:timers/promises';
import type { HostName } from '../../src/lib/settings/settings.js';
import type { TestLab } from './lab.js';
import { handOver, tunnelled } from './submission.js';

/** A message that PowerMTA took: from then on it may not be lost. */
export interface Accepted {
  readonly messageId: string;
  readonly from: string;
}

/**
 * Hands over mail without a pause while `work` runs, as a campaign does: one message after the other, each again until it is taken. Gives
 * what was taken. `senders` is asked anew for each message, since the settings change meanwhile.
 */
export async function whileFeeding(
  lab: TestLab,
  via: HostName,
  senders: () => readonly string[],
  work: (accepted: readonly Accepted[]) => Promise<void>,
): Promise<Accepted[]> {
  const accepted: Accepted[] = [];
  const auth = { user: lab.setting('PMTA_SMTP_USER'), pass: lab.setting('PMTA_SMTP_PASSWORD') };
  // Asked for once: whoever writes the settings meanwhile empties them first.
  const ip = lab.sendingIp(1);
  await tunnelled(lab, via, ip, async (port) => {
    let working = true;
    const feeding = (async () => {
      for (let number = 0; working; number += 1) {
        const list = senders();
        const from = list[number % list.length] ?? '';
        const messageId = `<flow-${number}@feeder.example>`;
        const message = { from, messageId, ip, auth };
        const taken = await handOver(port, message).then(
          (response) => response.startsWith('250'),
          () => false,
        );
        // What was refused is not lost: a feeder keeps it. The next round brings the same sender another message.
        if (taken) accepted.push({ messageId, from });
        await sleep(150);
      }
    })();
    try {
      // Where the feeding fails, the work would wait for messages that nobody hands over.
      await Promise.race([work(accepted), feeding]);
    } finally {
      working = false;
      await feeding;
    }
  });
  return accepted;
}
