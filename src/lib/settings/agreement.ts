import type { Problem } from './problem.js';
import { HOST_NAMES, type SendingIdentity } from './settings.js';
import type { Validated } from './validate.js';
import { domainOf } from './value-types.js';

/** One use of a value that must be unique: where it stands and what it is for. */
interface Use {
  readonly key: string;
  readonly name: string;
  readonly line?: number;
}

/** What no line shows by itself: values that must differ, and settings that need each other (R5). */
export function disagreements(given: Validated['given'], identities: readonly SendingIdentity[]): Problem[] {
  const use = (name: string, key: string, fallback?: string): Use => {
    const line = given.get(name)?.line ?? (fallback === undefined ? undefined : given.get(fallback)?.line);
    return { key, name, ...(line === undefined ? {} : { line }) };
  };
  const given1 = (name: string): Use[] => {
    const entry = given.get(name);
    return entry === undefined ? [] : [use(name, String(entry.value).toLowerCase())];
  };

  const hosts = HOST_NAMES.flatMap((host) => given1(`${host.toUpperCase()}_IP`));
  const addresses = identities.map(({ index, ip }) => use(`IP${index}`, ip, 'SENDING_IPS'));
  const domains = identities.map(({ index, domain }) => use(`DOMAIN${index}`, domain, 'BASE_DOMAIN'));
  const senders = identities.map(({ index, sender }) => use(`SENDER${index}`, sender.toLowerCase(), `DOMAIN${index}`));
  // VPS2's own address may send; those of the two others stand on another host.
  const elsewhere = hosts.filter(({ name }) => name !== 'VPS2_IP');
  return [
    ...repeated(hosts),
    ...repeated([...elsewhere, ...addresses]),
    ...repeated([...given1('PANEL_DOMAIN'), ...given1('ENGINE_DOMAIN'), ...domains]),
    ...repeated(senders),
    ...mailboxAtVps2(given, identities),
    ...halfOf(given, 'TELEGRAM_BOT_TOKEN', 'TELEGRAM_CHAT_ID'),
  ].filter(
    (problem, index, all) =>
      all.findIndex(({ name, message }) => name === problem.name && message === problem.message) === index,
  );
}

/** The sending hosts take bounces and complaints, and pass everything else on to POSTMASTER: there it would go round in circles. */
function mailboxAtVps2(given: Validated['given'], identities: readonly SendingIdentity[]): Problem[] {
  const base = given.get('BASE_DOMAIN');
  const set = given.get('POSTMASTER') ?? (base && { ...base, value: `postmaster@${String(base.value)}` });
  const domain = domainOf(String(set?.value));
  if (set === undefined || !identities.some((identity) => identity.domain === domain)) return [];
  const message = `is at ${domain}, where VPS2 takes bounces and complaints only — name a mailbox of another domain that somebody reads`;
  return [{ line: set.line, name: 'POSTMASTER', message }];
}

function repeated(uses: readonly Use[]): Problem[] {
  return uses.flatMap(({ key, name, line }, index) => {
    const first = uses.slice(0, index).find((other) => other.key === key);
    if (first === undefined) return [];
    const where = first.line === undefined || first.line === line ? '' : ` (line ${first.line})`;
    return [
      {
        ...(line === undefined ? {} : { line }),
        name,
        message: `repeats ${first.name}${where}: ${key} — each needs its own`,
      },
    ];
  });
}

function halfOf(given: Validated['given'], one: string, other: string): Problem[] {
  return [
    [one, other],
    [other, one],
  ].flatMap(([set = '', unset = '']) => {
    const entry = given.get(set);
    return entry !== undefined && !given.has(unset)
      ? [{ line: entry.line, name: set, message: `has no effect without ${unset} — set both or neither` }]
      : [];
  });
}
