import type { Problem } from './problem.js';
import type { SendingIdentity } from './settings.js';
import type { Given, Validated } from './validate.js';
import { domainOf } from './value-types.js';

/** The part before the `@` of the senders, in turn (contact@mail1…, support@mail2…). */
export const SENDER_PREFIXES = [
  'contact',
  'support',
  'hello',
  'info',
  'noreply',
  'team',
  'help',
  'service',
  'admin',
  'sales',
] as const;

export interface Identities {
  readonly identities: readonly SendingIdentity[];
  readonly problems: readonly Problem[];
}

/** Host name of the i-th sending IP when DOMAINi is not set. */
export const defaultDomain = (index: number, baseDomain: string): string => `mail${index}.${baseDomain}`;

/** Sender of the i-th sending IP when SENDERi is not set; the prefixes come round again after the tenth. */
export function defaultSender(index: number, domain: string): string {
  return `${SENDER_PREFIXES[(index - 1) % SENDER_PREFIXES.length] ?? SENDER_PREFIXES[0]}@${domain}`;
}

/** One identity for each sending IP, and what does not fit together in them. */
export function sendingIdentities({ given, refused }: Pick<Validated, 'given' | 'refused'>): Identities {
  const problems: Problem[] = [];
  const addresses = sendingAddresses(given, refused, problems);
  const baseDomain = text(given.get('BASE_DOMAIN')) ?? '';
  const identities = addresses.map((ip, position): SendingIdentity => {
    const index = position + 1;
    const domain = text(given.get(`DOMAIN${index}`)) ?? defaultDomain(index, baseDomain);
    const sender = text(given.get(`SENDER${index}`)) ?? defaultSender(index, domain);
    return { index, ip, domain, sender };
  });

  for (const { index, domain, sender } of identities) {
    const written = given.get(`SENDER${index}`);
    const unsure = refused.has(`DOMAIN${index}`) || refused.has('BASE_DOMAIN') || baseDomain === '';
    if (written === undefined || unsure || domainOf(sender) === domain) continue;
    problems.push({
      line: written.line,
      name: `SENDER${index}`,
      message: `is not at the sending domain of IP ${index} — write an address at ${domain}, or change DOMAIN${index}`,
    });
  }
  if (addresses.length > 0) problems.push(...beyond(given, addresses.length));
  return { identities, problems };
}

function sendingAddresses(given: Validated['given'], refused: Validated['refused'], problems: Problem[]): string[] {
  const list = given.get('SENDING_IPS');
  const single = numbered(given, 'IP');
  if (list !== undefined) {
    for (const { name, line } of single) {
      problems.push({ line, name, message: 'is set beside SENDING_IPS — keep one of the two ways' });
    }
    return list.value as string[];
  }
  const anyRefused = refused.has('SENDING_IPS') || [...refused].some((name) => /^IP\d+$/.test(name));
  if (single.length === 0 && !anyRefused) {
    problems.push({
      name: 'SENDING_IPS',
      message: 'is missing and required — the sending IPv4 addresses of VPS2, like 198.51.100.11-198.51.100.15',
      missing: true,
    });
  }
  for (const [position, { name, line, index }] of single.entries()) {
    const expected = position + 1;
    if (index === expected || anyRefused) continue;
    problems.push({ line, name, message: `comes without IP${expected} — number the addresses from 1 without gaps` });
    return [];
  }
  return anyRefused ? [] : single.map(({ value }) => value as string);
}

/** DOMAIN6 with five addresses would have no effect: it is refused (R10). */
function beyond(given: Validated['given'], count: number): Problem[] {
  return (['DOMAIN', 'SENDER'] as const).flatMap((family) =>
    numbered(given, family)
      .filter(({ index }) => index > count)
      .map(({ name, line, index }) => ({
        line,
        name,
        message: `has no sending IP: there are ${count} — add the address number ${index}, or remove the line`,
      })),
  );
}

/** The given settings of a numbered family, in the order of their numbers. */
function numbered(given: Validated['given'], family: string): (Given & { name: string; index: number })[] {
  return [...given]
    .flatMap(([name, entry]) => {
      const [, digits] = new RegExp(`^${family}(\\d+)$`).exec(name) ?? [];
      return digits === undefined ? [] : [{ ...entry, name, index: Number(digits) }];
    })
    .sort((a, b) => a.index - b.index);
}

function text(entry: Given | undefined): string | undefined {
  return entry === undefined ? undefined : String(entry.value);
}
