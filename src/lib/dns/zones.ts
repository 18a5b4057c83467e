import { isWithin } from './names.js';
import { beginningOf, serversOf, zoneNameOf, type AskResolvers, type FoundZone } from './zone.js';

/** The zones that names are in, as far as they are known: each is looked for once. */
export class Zones {
  readonly #beginnings = new Map<string, Promise<string | Error>>();
  readonly #found = new Map<string, Promise<FoundZone>>();
  /** Zones that name servers of the zone above refer to. */
  readonly #below = new Set<string>();

  constructor(
    private readonly resolve: AskResolvers,
    private readonly ipv6: boolean,
  ) {}

  /** The narrowest zone around a name that is known. */
  async around(name: string): Promise<FoundZone> {
    const beginning = beginningOf(name);
    const zone = await remembered(this.#beginnings, beginning, () => zoneNameOf(beginning, this.resolve));
    if (zone instanceof Error)
      return { kind: 'unknown', reason: `the zone of ${beginning} could not be found: ${zone.message}` };
    const narrower = [...this.#below].filter((one) => isWithin(name, one) && isBelow(one, zone));
    const narrowest = narrower.sort((one, other) => other.length - one.length)[0] ?? zone;
    return remembered(this.#found, narrowest, () => serversOf(narrowest, this.resolve, this.ipv6));
  }

  /** Learns from a referral on the way to a name. False when it does not lead further down, as that of a lame server. */
  refer(name: string, from: string, referral: string): boolean {
    if (!isBelow(referral, from) || !isWithin(name, referral)) return false;
    this.#below.add(referral);
    return true;
  }
}

const isBelow = (zone: string, other: string): boolean => zone !== other && isWithin(zone, other);

function remembered<T>(known: Map<string, Promise<T>>, key: string, find: () => Promise<T>): Promise<T> {
  const value = known.get(key) ?? find();
  known.set(key, value);
  return value;
}
