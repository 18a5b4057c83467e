import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/** Shell that prints the rules for what comes in, as nft writes them in JSON; nothing where `ee` has set up no firewall. */
export const INPUT_RULES = 'nft -j list chain inet ee input 2>/dev/null || :';

/** What matters here of libnftables-json(5). */
const LISTING = z.object({
  nftables: z.array(z.looseObject({ rule: z.object({ expr: z.array(z.looseObject({})) }).optional() })),
});

const MATCH = z.object({
  match: z.object({
    op: z.string(),
    left: z.object({ payload: z.object({ protocol: z.string(), field: z.string() }) }),
    right: z.unknown(),
  }),
});

type Match = z.infer<typeof MATCH>['match'];

/**
 * Whether a host lets in TCP connections from an address to a port, by the answer to `INPUT_RULES`. A rule with a condition that is not
 * understood accepts nothing; a host without the table lets in everything.
 */
export function accepts(answer: string, port: number, address: string): boolean {
  if (answer.trim() === '') return true;
  return rulesIn(answer).some(({ rule }) => rule !== undefined && acceptsBy(rule.expr, port, address));
}

/** An answer that is not understood has no rule that accepts anything. */
function rulesIn(answer: string): z.infer<typeof LISTING>['nftables'] {
  try {
    return LISTING.parse(JSON.parse(answer)).nftables;
  } catch {
    return [];
  }
}

function acceptsBy(expressions: readonly Record<string, unknown>[], port: number, address: string): boolean {
  if (!expressions.some((expression) => 'accept' in expression)) return false;
  const conditions = expressions.filter((expression) => !('accept' in expression) && !('counter' in expression));
  const matches = conditions.map((condition) => MATCH.safeParse(condition).data?.match);
  const toPort = matches.some((match) => match?.left.payload.field === 'dport');
  return toPort && matches.every((match) => match !== undefined && holds(match, port, address));
}

function holds({ op, left: { payload }, right }: Match, port: number, address: string): boolean {
  if (op !== '==') return false;
  if (payload.protocol === 'tcp' && payload.field === 'dport') {
    return elementsOf(right).some((element) => isWithin(element, (value) => Number(value), port));
  }
  const family = ipaddr.parse(address).kind() === 'ipv4' ? 'ip' : 'ip6';
  if (payload.protocol !== family || payload.field !== 'saddr') return false;
  return elementsOf(right).some((element) => covers(element, address));
}

const SET = z.object({ set: z.array(z.unknown()) });
const RANGE = z.object({ range: z.tuple([z.union([z.string(), z.number()]), z.union([z.string(), z.number()])]) });
const PREFIX = z.object({ prefix: z.object({ addr: z.string(), len: z.number() }) });

const elementsOf = (right: unknown): readonly unknown[] => SET.safeParse(right).data?.set ?? [right];

function isWithin(element: unknown, valueOf: (text: string | number) => number, wanted: number): boolean {
  const [from, to] = RANGE.safeParse(element).data?.range ?? [];
  if (from !== undefined && to !== undefined) return valueOf(from) <= wanted && wanted <= valueOf(to);
  return (typeof element === 'string' || typeof element === 'number') && valueOf(element) === wanted;
}

function covers(element: unknown, address: string): boolean {
  const seen = ipaddr.parse(address);
  const prefix = PREFIX.safeParse(element).data?.prefix;
  if (prefix) {
    const base = ipaddr.parse(prefix.addr);
    return base.kind() === seen.kind() && seen.match(base, prefix.len);
  }
  if (typeof element === 'string') return ipaddr.parse(element).toString() === seen.toString();
  const [from, to] = RANGE.safeParse(element).data?.range ?? [];
  if (typeof from !== 'string' || typeof to !== 'string') return false;
  const bytes = (text: string): string => Buffer.from(ipaddr.parse(text).toByteArray()).toString('hex');
  return bytes(from) <= bytes(address) && bytes(address) <= bytes(to);
}
