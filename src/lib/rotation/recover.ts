import type { SigningKey } from '../deploy/signing-keys.js';
import { fingerprint } from '../dkim/fingerprint.js';
import { parsePair, type KeyPair } from '../dkim/key-pair.js';
import { maySign, type DomainKey, type DomainKeys } from '../dkim/ledger/domain-keys.js';
import { EeError } from '../errors.js';
import type { Secret } from '../secret.js';
import { Alone, type FailedDomain } from './alone.js';
import type { Dns, KeyRoom } from './site.js';

/** What became of the key of a domain. */
export interface RecoveredKey {
  readonly domain: string;
  /** Nothing where VPS2 signs for the domain with no key of ee. */
  readonly selector: string | undefined;
  /** `replaced`: this machine knows of a newer one. */
  readonly outcome: 'kept' | 'recovered' | 'replaced' | 'none';
}

export interface Recovery {
  /** The keys of the domains; nothing for one that has none here. */
  readonly known: (domain: string) => Promise<DomainKeys | undefined>;
  readonly keys: KeyRoom;
  readonly dns: Dns;
  readonly signing: readonly SigningKey[];
}

export interface Recoveries {
  readonly recovered: readonly RecoveredKey[];
  readonly failed: readonly FailedDomain[];
}

/**
 * Brings back the keys that VPS2 signs with, where they are not on this machine, and notes that they sign. No key that is here is touched;
 * those that the ledger took for the ones that sign retire, or are revoked where DNS has withdrawn them already.
 */
export async function recoverKeys(domains: readonly string[], recovery: Recovery): Promise<Recoveries> {
  const alone = new Alone();
  const recovered = await alone.all(
    domains.map((domain) => ({ domain })),
    ({ domain }) => recoverKey(domain, recovery),
  );
  return { recovered, failed: alone.failed };
}

async function recoverKey(domain: string, recovery: Recovery): Promise<RecoveredKey> {
  const signing = recovery.signing.find((one) => one.domain === domain.toLowerCase());
  if (!signing) return { domain, selector: undefined, outcome: 'none' };
  const { selector } = signing;
  const known = await recovery.known(domain);
  const same = known?.keys.find((key) => key.selector === selector);
  if (same && maySign(same) && same.state !== 'active' && same.state !== 'activating')
    return { domain, selector, outcome: 'replaced' };
  const pair = pairOf(signing, same?.fingerprint);
  if (known && same && maySign(same)) {
    if (!(await recovery.keys.lost(known)).has(selector)) return { domain, selector, outcome: 'kept' };
    await bring(signing, pair, recovery);
  } else if (known) {
    await overtake(signing, pair, known, recovery);
  } else {
    await bring(signing, pair, recovery);
  }
  return { domain, selector, outcome: 'recovered' };
}

/** The ledger is older than VPS2: what it says of its keys is true no more, and DNS tells what is. */
async function overtake(signing: SigningKey, pair: KeyPair, known: DomainKeys, recovery: Recovery): Promise<void> {
  const { domain, selector } = signing;
  const { keys } = recovery;
  const withdrawn = await withdrawnKeys(signing, known, recovery);
  const made = await bring(signing, pair, recovery);
  const print = fingerprint(pair.publicKey);
  await keys.note(domain, { event: 'recovered', selector, fingerprint: print, made: made.toISOString() });
  for (const key of withdrawn) await keys.note(domain, { event: 'revoked', selector: key.selector });
}

/** The other keys, as far as DNS does not answer with them any more. Silence is no answer. */
async function withdrawnKeys(
  signing: SigningKey,
  { domain, keys }: DomainKeys,
  { dns }: Recovery,
): Promise<DomainKey[]> {
  const gone: DomainKey[] = [];
  for (const key of keys) {
    if (key.selector === signing.selector || key.state === 'revoked' || key.state === 'removed') continue;
    const { withdrawn } = await dns.look(domain, key);
    if (withdrawn.kind === 'unknown') {
      const reason = `whether DNS still has the key ${key.selector} is not known (${withdrawn.reasons.join('; ')})`;
      throw refusal(domain, reason);
    }
    if (withdrawn.kind === 'right') gone.push(key);
  }
  return gone;
}

/** Writes the key beside the others, and gives the time of its file. */
async function bring({ domain, selector }: SigningKey, pair: KeyPair, { keys }: Recovery): Promise<Date> {
  const made = await keys.bring(domain, selector, pair);
  if (made) return made;
  throw refusal(domain, `something else is in the place of ${selector}.pem; move it away`);
}

/** The key on VPS2, which must be the one with this fingerprint, where that is known. */
function pairOf({ domain, selector, pem }: SigningKey, expected: string | undefined): KeyPair {
  const pair = parsed(domain, pem);
  if (expected === undefined || expected === fingerprint(pair.publicKey)) return pair;
  throw refusal(
    domain,
    `VPS2 has another key under the selector ${selector} than this machine. DNS tells which one is right; if it is that of VPS2, move the folder of the domain in SECRETS_DIR/dkim away`,
  );
}

function parsed(domain: string, pem: Secret): KeyPair {
  try {
    return parsePair(pem.reveal());
  } catch (error) {
    throw refusal(
      domain,
      `the key file on VPS2 is of no use (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

const refusal = (domain: string, reason: string): EeError => new EeError('DKIM_NOT_RECOVERABLE', { domain, reason });
