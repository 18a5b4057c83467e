import { BlockList, isIP } from 'node:net';
import { virtualMtas } from '../senders.js';
import { wordsOf } from '../lines.js';
import type { Correspondence, Side } from './correspondence.js';
import { lossOf, type Loss } from './loss.js';

/** Limits of single addresses (`source-ip-max-msg-rate CIDR N`) that meant old virtual MTAs and mean none of those that send now. */
export function* addressLosses(before: Side, after: Side, { assignment, pairs }: Correspondence): Generator<Loss> {
  const limits = before.surveyed.statements.filter(({ keyword }) => keyword.startsWith('source-ip-max-'));
  if (limits.length === 0) return;
  const fresh = new Map(virtualMtas(after.document).map(({ name, ip }) => [name, ip]));
  for (const { directive } of limits) {
    const network = networkOf(wordsOf(directive.value)[0]?.text ?? '');
    if (!network) continue;
    const lost = pairs.find(({ old, now }) => {
      const ip = fresh.get(now);
      const had = assignment.topology.virtualMtas.get(old)?.ip;
      return had !== undefined && covers(network, had) && ip !== undefined && !covers(network, ip);
    });
    if (lost)
      yield lossOf(directive.line, `it names an address of the old host: ${lost.now} would send without this limit`);
  }
}

/** A network as PowerMTA writes it: `10/8`, `0/0`, an address. */
function networkOf(text: string): BlockList | undefined {
  const [base = '', bits] = text.split('/');
  const parts = base.split('.');
  const full = base.includes(':') ? base : [...parts, '0', '0', '0'].slice(0, 4).join('.');
  const family = isIP(bits === undefined ? base : full);
  if (family === 0) return undefined;
  const most = family === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > most) return undefined;
  const list = new BlockList();
  list.addSubnet(full, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return list;
}

const covers = (network: BlockList, ip: string): boolean =>
  isIP(ip) !== 0 && network.check(ip, isIP(ip) === 4 ? 'ipv4' : 'ipv6');
