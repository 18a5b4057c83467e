import type { Emit } from '../../converge/events.js';
import type { Run } from '../../converge/journal.js';
import { underLock } from '../../converge/lock.js';
import type { Change } from '../../converge/resource.js';
import { EeError } from '../../errors.js';
import {
  type DeliveryServer,
  planServers,
  serverDisagreements,
  type ServerPlan,
  wantedServers,
} from '../../mailwizz/delivery-servers.js';
import { WEB_ROOT, WEB_USER } from '../../roles/mailwizz.js';
import { phpCommand } from '../../roles/panel-php.js';
import type { Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { Answers } from '../status/proof.js';
import { phpOfInstalled } from './installed.js';
import { succeed } from './succeed.js';
import { make } from './work.js';

export interface ServersOptions {
  readonly dryRun: boolean;
  readonly run: Run;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Asked once before the first change; throws to decline. */
  readonly confirm: (steps: readonly string[]) => Promise<void>;
}

export interface ServersOutcome {
  readonly status: 'unchanged' | 'planned' | 'changed';
  readonly changes: readonly Change[];
  /** What a dry run would do, or what was done: one for each delivery server. */
  readonly steps: readonly string[];
  /** Delivery servers that are nobody's of the settings; they are left alone. */
  readonly strangers: readonly string[];
}

/** Gives MailWizz a delivery server for each sender, and takes those of senders that went out of use. */
export async function syncServers(host: Host, settings: Settings, options: ServersOptions): Promise<ServersOutcome> {
  if (options.dryRun) return synced(host, settings, options);
  return underLock(host, options.run, (locked) => synced(locked, settings, options));
}

async function synced(host: Host, settings: Settings, options: ServersOptions): Promise<ServersOutcome> {
  const { dryRun, run, emit, signal, confirm } = options;
  emit({ kind: 'step', host: host.name, step: 'looking at what is there' });
  const php = await phpOfInstalled(host, settings, signal);
  const plan = await serverPlan(host, settings, php, signal);
  const { strangers } = plan;
  const steps = stepsOf(plan);
  if (steps.length === 0) return { status: 'unchanged', changes: [], steps, strangers };
  if (dryRun) return { status: 'planned', changes: [], steps, strangers };
  await confirm(steps);
  const made: Change[] = [];
  await make({ host, run, emit, signal, made }, 'mailwizz:delivery-servers', {
    action: 'update',
    summary: steps.join('; '),
    script: serverScript(settings, php, savesOf(plan, settings), { quiet: true }),
  });
  const left = serverDisagreements({ ...(await serverPlan(host, settings, php, signal)), strangers: [] });
  if (left.length > 0) {
    const status = 'they were saved, and still differ';
    throw new EeError('REMOTE_FAILED', { host: host.name, step: 'delivery servers', status, output: left.join('\n') });
  }
  return { status: 'changed', changes: made, steps, strangers };
}

/** What of the delivery servers does not agree with the senders of the settings. */
async function serverPlan(host: Host, settings: Settings, php: string, signal: AbortSignal): Promise<ServerPlan> {
  return planServers(await deliveryServers(host, settings, php, signal), wantedServers(settings));
}

/** All delivery servers, as the application tells them. */
export async function deliveryServers(
  host: Host,
  settings: Settings,
  php: string,
  signal: AbortSignal,
): Promise<DeliveryServer[]> {
  const output = await succeed(host, serverScript(settings, php, []), 'asking for delivery servers', signal);
  return new Answers(output).all('server').map((line) => JSON.parse(line) as DeliveryServer);
}

/** One row to save: a new one without an id. */
interface Save {
  readonly id?: number;
  readonly values: Readonly<Record<string, string | number>>;
  readonly virtualMta?: string;
}

function savesOf({ changes, retiring }: ServerPlan, { mailwizz }: Settings): Save[] {
  return [
    ...changes.map(({ id, wanted }): Save => {
      const { virtualMta, password, ...values } = wanted;
      const all = { ...values, password: password.reveal() };
      // What recipients see as the sender's name is the operator's afterwards.
      return id === undefined
        ? { values: { ...all, from_name: mailwizz.siteName }, virtualMta }
        : { id, values: all, virtualMta };
    }),
    ...retiring.map(({ id, name }): Save => ({ id, values: { name, status: 'inactive' } })),
  ];
}

function stepsOf({ changes, retiring }: ServerPlan): string[] {
  return [
    ...changes.map(({ id, wanted, differs }) =>
      id === undefined
        ? `add a delivery server for ${wanted.from_email}`
        : `correct the delivery server of ${wanted.from_email} (${differs.join(', ')})`,
    ),
    ...retiring.map(({ name, from_email }) => `take ${name} of ${from_email} out of use`),
  ];
}

function serverScript(
  { pmta }: Settings,
  php: string,
  save: readonly Save[],
  options: { readonly quiet?: boolean } = {},
): string {
  const input = { root: WEB_ROOT, password: pmta.smtpPassword.reveal(), save };
  return phpCommand(php, WEB_USER, 'delivery-servers', input, options);
}
