import type { Secret } from '../secret.js';
import type { Settings } from '../settings/settings.js';

/** A delivery server as the application's model tells it. Its password stays there; whether it is the wanted one is told. */
export interface DeliveryServer {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly hostname: string;
  readonly port: number;
  readonly protocol: string;
  readonly username: string;
  readonly passwordAgrees: boolean;
  readonly from_email: string;
  readonly force_from: string;
  readonly use_for: string;
  readonly status: string;
  /** The virtual MTA that it asks for in a header; empty where it asks for none. */
  readonly virtualMta: string;
}

/** A delivery server as it should be: one for each sender, through the IP of that sender. */
export type WantedServer = Omit<DeliveryServer, 'id' | 'passwordAgrees'> & { readonly password: Secret };

/** Fields that must agree; those of the model have its names. */
const FIELDS = [
  ...(['type', 'hostname', 'port', 'protocol', 'username', 'force_from', 'use_for', 'status'] as const),
  'virtualMta',
] as const;

export function wantedServers({ sending, pmta }: Pick<Settings, 'sending' | 'pmta'>): WantedServer[] {
  return sending.identities.map(({ index, ip, sender }) => ({
    name: `vmta-mail${index}`,
    type: 'smtp-pmta',
    hostname: ip,
    port: pmta.smtpPort,
    protocol: 'tls',
    username: pmta.smtpUser,
    password: pmta.smtpPassword,
    from_email: sender,
    // Another From would leave by the IP of another sender.
    force_from: 'always',
    use_for: 'all',
    status: 'active',
    virtualMta: `vmta-mail${index}`,
  }));
}

export interface ServerChange {
  /** Absent for one that is to be created. */
  readonly id?: number;
  readonly wanted: WantedServer;
  /** Fields that are not as they should be. */
  readonly differs: readonly string[];
}

export interface ServerPlan {
  readonly changes: readonly ServerChange[];
  /** Active servers of senders that the settings do not have. Those that bear the name of a virtual MTA were made for one. */
  readonly retiring: readonly DeliveryServer[];
  /** Active servers that no plan of ours made, as sentences: they send past the senders of the settings. */
  readonly strangers: readonly string[];
}

/** What makes senders and delivery servers agree, in both directions. */
export function planServers(there: readonly DeliveryServer[], wanted: readonly WantedServer[]): ServerPlan {
  const bySender = new Map<string, DeliveryServer[]>();
  for (const server of there) {
    const sender = server.from_email.toLowerCase();
    const all = bySender.get(sender) ?? [];
    all.push(server);
    bySender.set(sender, all);
  }
  const kept = new Set<number>();
  const changes = wanted.flatMap((server): ServerChange[] => {
    const found = bySender.get(server.from_email.toLowerCase()) ?? [];
    // The one that was made for this virtual MTA, else the first that is active.
    const present =
      found.find(({ name }) => name === server.name) ?? found.find(({ status }) => status === 'active') ?? found[0];
    if (!present) return [{ wanted: server, differs: [] }];
    kept.add(present.id);
    const differs = differences(present, server);
    return differs.length === 0 ? [] : [{ id: present.id, wanted: server, differs }];
  });
  const others = there.filter(({ id, status }) => status === 'active' && !kept.has(id));
  const ours = ({ name }: DeliveryServer) => /^vmta-mail\d+$/.test(name);
  return {
    changes,
    retiring: others.filter(ours),
    strangers: others
      .filter((server) => !ours(server))
      .map(
        ({ id, name, from_email }) => `delivery server ${id} (${name}) sends as ${from_email}, and is none of a sender`,
      ),
  };
}

function differences(present: DeliveryServer, wanted: WantedServer): string[] {
  const fields: string[] = FIELDS.filter((field) => present[field] !== wanted[field]);
  if (!present.passwordAgrees) fields.push('password');
  return fields;
}

/** Where senders and delivery servers do not agree, as sentences; empty when each has the other. */
export function serverDisagreements({ changes, retiring, strangers }: ServerPlan): string[] {
  return [
    ...changes.map(({ id, wanted, differs }) =>
      id === undefined
        ? `${wanted.from_email} has no delivery server`
        : `the delivery server of ${wanted.from_email} differs in ${differs.join(', ')}`,
    ),
    ...retiring.map(
      ({ name, from_email }) => `${name} still sends as ${from_email}, which is no sender of the settings`,
    ),
    ...strangers,
  ];
}

const TOLD_AT_ONCE = 5;

/** Disagreements in one line for people: with a hundred senders the first few, and how many more there are. */
export function inOneLine(disagreements: readonly string[]): string {
  const more = disagreements.length - TOLD_AT_ONCE;
  return [...disagreements.slice(0, TOLD_AT_ONCE), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** The same of delivery servers, and the command that mends what is its own to mend. */
export function serversSaying(plan: ServerPlan): string {
  const mendable = plan.changes.length + plan.retiring.length > 0;
  return inOneLine(serverDisagreements(plan)) + (mendable ? '. `ee mailwizz servers` gives each sender its own' : '');
}
