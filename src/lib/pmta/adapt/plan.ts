import { isIP } from 'node:net';
import { FIRST_SELECTOR } from '../../dkim-selector.js';
import { EeError } from '../../errors.js';
import type { Secret } from '../../secret.js';
import type { SendingIdentity, Settings } from '../../settings/settings.js';
import { retiringFault } from './retiring.js';

/** One identity to send with: its IP, its host name (PTR, EHLO and d= of its signature), its sender and its DKIM selector. */
export interface PlannedIdentity extends SendingIdentity {
  readonly selector: string;
}

/** What a configuration is adapted to. Every value is safe in the language: see `assertPlan`. */
export interface AdaptationPlan {
  readonly identities: readonly PlannedIdentity[];
  /** Addresses of the hosts that hand over mail, with a password and over TLS. */
  readonly feeders: readonly string[];
  readonly smtpUser: string;
  readonly smtpPassword: Secret;
  readonly smtpPort: number;
  readonly hostName: string;
  readonly postmaster: string;
  /** Where the keys lie on the host; see `keyFileName`. */
  readonly keyDir: string;
  /** Certificate and key of the listeners, in one PEM file on the host. */
  readonly certificate: string;
  /** Whole `<virtual-mta>` blocks of the running configuration whose queues must drain before they go. */
  readonly retiring: readonly string[];
  /** The old virtual MTA whose blocks those new ones take that no old one gives its own; without one, what all have in common. */
  readonly like?: string;
  /** Lines of the configuration that are left out. */
  readonly drop?: readonly number[];
}

export const KEY_DIR = '/etc/pmta/dkim';
export const RELAY_CERTIFICATE = '/etc/pmta/tls/relay.pem';

/** The plan that the settings ask for. `selector` is the DKIM selector of all identities. */
export function adaptationPlan(settings: Settings, selector: string, retiring: readonly string[] = []): AdaptationPlan {
  const { identities, postmaster } = settings.sending;
  const { vps1, vps3 } = settings.hosts;
  return {
    identities: identities.map((identity) => ({ ...identity, selector })),
    feeders: [...new Set([vps1.address, vps3.address, ...ownAddresses(settings)])],
    smtpUser: settings.pmta.smtpUser,
    smtpPassword: settings.pmta.smtpPassword,
    smtpPort: settings.pmta.smtpPort,
    hostName: identities[0]?.domain ?? '',
    postmaster,
    keyDir: KEY_DIR,
    certificate: RELAY_CERTIFICATE,
    retiring,
    ...(settings.pmta.like !== undefined && { like: settings.pmta.like }),
  };
}

/**
 * The addresses from which VPS2 reaches its own first listener, which is how probe messages get in: a /32 answers from itself, an
 * address beside another one in its network answers from that one.
 */
function ownAddresses({ hosts, sending }: Settings): readonly string[] {
  return [hosts.vps2.address, ...sending.identities.slice(0, 1).map(({ ip }) => ip)];
}

/** Names follow the index, not the domain: `a.example` and `a.test` never collide. */
export const virtualMtaName = ({ index }: { index: number }): string => `vmta-mail${index}`;
export const isGeneratedName = (name: string): boolean => /^vmta-mail[1-9]\d*$/.test(name);
/** The file of a key in the key folder of the host. Only that of a domain's first key has no selector in its name. */
export const keyFileName = ({ index, selector }: { index: number; selector: string }): string =>
  selector === FIRST_SELECTOR ? `mail${index}.pem` : `mail${index}.${selector}.pem`;
export const keyFile = ({ keyDir }: AdaptationPlan, identity: { index: number; selector: string }): string =>
  `${keyDir}/${keyFileName(identity)}`;

/** What each kind of value may be made of. Nothing here can end a line, a tag, a quote or an expression, or start a comment. */
const SAFE = {
  word: {
    pattern: /^[!$-&(-;=?-[\]-~]+$/,
    meaning: 'printable characters without blanks, quotes, "#", "\\", "<" or ">"',
  },
  host: {
    pattern: /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/i,
    meaning: 'a full host name',
  },
  mailbox: { pattern: /^[\w!%&*+/=?^`{|}~.-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/i, meaning: 'one e-mail address' },
  selector: { pattern: /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i, meaning: 'letters, digits and hyphens' },
  path: { pattern: /^(\/[\w.-]+)+$/, meaning: 'an absolute path of letters, digits, ".", "_" and "-"' },
} as const;

/** Refuses a plan with values that PowerMTA would read as something else, or with two identities of one IP, domain or index. */
export function assertPlan(plan: AdaptationPlan): void {
  const refuse = (name: string, reason: string): never => {
    throw new EeError('PMTA_PLAN_REFUSED', { name, reason });
  };
  const check = (name: string, value: string, kind: keyof typeof SAFE): void => {
    if (!SAFE[kind].pattern.test(value)) refuse(name, `it must be ${SAFE[kind].meaning}`);
  };
  const address = (name: string, value: string): void => {
    if (isIP(value) === 0) refuse(name, `${JSON.stringify(value)} is not an IP address`);
  };
  if (plan.identities.length === 0) refuse('identities', 'there is none');
  for (const identity of plan.identities) {
    if (!Number.isSafeInteger(identity.index) || identity.index < 1)
      refuse('the index of an identity', 'it must count from 1');
    address(`IP${identity.index}`, identity.ip);
    check(`DOMAIN${identity.index}`, identity.domain, 'host');
    check(`SENDER${identity.index}`, identity.sender, 'mailbox');
    check(`the selector of identity ${identity.index}`, identity.selector, 'selector');
  }
  for (const [what, valueOf] of Object.entries(DISTINCT)) {
    const twice = firstRepeated(plan.identities.map(valueOf));
    if (twice !== undefined) refuse('identities', `the ${what} ${twice} is given to two of them`);
  }
  for (const feeder of plan.feeders) address('the address of a feeder', feeder);
  check('PMTA_SMTP_USER', plan.smtpUser, 'word');
  check('PMTA_SMTP_PASSWORD', plan.smtpPassword.reveal(), 'word');
  if (!Number.isInteger(plan.smtpPort) || plan.smtpPort < 1 || plan.smtpPort > 65535)
    refuse('PMTA_SMTP_PORT', 'it must be from 1 to 65535');
  check('the host name', plan.hostName, 'host');
  check('POSTMASTER', plan.postmaster, 'mailbox');
  check('the folder of the keys', plan.keyDir, 'path');
  check('the certificate', plan.certificate, 'path');
  const fault = retiringFault(plan.retiring, new Set(plan.identities.map(virtualMtaName)));
  if (fault !== undefined) refuse('the retiring virtual MTAs', fault);
}

/** What no two identities may share. */
const DISTINCT: Readonly<Record<string, (identity: PlannedIdentity) => string>> = {
  index: ({ index }) => String(index),
  IP: ({ ip }) => ip.toLowerCase(),
  domain: ({ domain }) => domain.toLowerCase(),
  sender: ({ sender }) => sender.toLowerCase(),
};

function firstRepeated(values: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return values.find((value) => seen.size === seen.add(value).size);
}
