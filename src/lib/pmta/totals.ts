/** Limits that hold for each queue, so that N virtual MTAs may send N times as much to one domain. */
const PER_QUEUE = /^(backoff-|source-ip-)?max-(msg-rate|connect-rate|data-volume-rate|smtp-out)$/;

/** Limits that hold for all queues of one virtual MTA together. */
const PER_VIRTUAL_MTA = /^max-smtp-(msg-rate|data-volume-rate|out)$/;

export const isPerQueueLimit = (name: string): boolean => PER_QUEUE.test(name);
export const isPerVirtualMtaLimit = (name: string): boolean => PER_VIRTUAL_MTA.test(name);

/** What `count` virtual MTAs make of a limit together: 250/h × 5 is 1250/h. `undefined` for a value that is no limit in numbers. */
export function total(value: string, count: number): string | undefined {
  const plain = value.replace(/^"(.*)"$/, '$1');
  if (/^unlimited$/i.test(plain)) return 'unlimited';
  // A limit of one address comes after the network that it is for: `source-ip-max-msg-rate 0/0 100/h`.
  const match = /^(?:(\S+)\s+)?(\d+)([bkmgt]?(?:\/\d*[a-z]+)?)$/i.exec(plain);
  if (!match) return undefined;
  const [, network, number = '', unit = ''] = match;
  const product = `${BigInt(number) * BigInt(count)}${unit}`;
  return network === undefined ? product : `${network} ${product}`;
}
