import { virtualMtaName } from '../../pmta/adapt/plan.js';
import { type LiveLicence, licenceOf } from '../../pmta/live/licence.js';
import { limitsOf, type Limits } from '../../pmta/live/limits.js';
import { isBackoff, type LiveQueue, queuesOf, worstFirst } from '../../pmta/live/queues.js';
import { firstLine, isTimeout, type Said } from '../../pmta/live/said.js';
import { type Server, serverOf } from '../../pmta/live/server.js';
import {
  type DisabledSource,
  disabledSourcesOf,
  type LiveSource,
  sourcesOf,
  type LiveVirtualMta,
  virtualMtasOf,
} from '../../pmta/live/virtual-mtas.js';
import type { SendingIdentity, Settings } from '../../settings/settings.js';
import { saidOf, saidOfEach } from '../status/ask-pmta.js';
import type { Answers } from '../status/proof.js';
import { QUEUES_MOST, type View } from './questions.js';

/** `unknown`: PowerMTA's service runs, but its answer cannot be understood. */
export type State = 'running' | 'starting' | 'stopping' | 'not running' | 'no answer' | 'not installed' | 'unknown';

export interface VirtualMtaStatus {
  readonly name: string;
  readonly ip: string | null;
  readonly host: string | null;
  /** From the settings: PowerMTA does not tell which senders lead to it. */
  readonly sender: string | null;
  readonly recipients: number | null;
  readonly oldest: string | null;
  /** `backoff` when one of its queues is. */
  readonly mode: string | null;
  readonly since: string | null;
  readonly queues: number | null;
  readonly queuesInBackoff: number | null;
  readonly queuesPaused: number | null;
  readonly disabled: boolean | null;
}

export interface QueueStatus extends LiveQueue {
  readonly limits: Limits | null;
}

/** What PowerMTA tells of itself. Null, everywhere, is what it did not tell. */
export interface PmtaReport {
  readonly state: State;
  /** What was said instead, when it does not run. */
  readonly said: string | null;
  readonly services: Readonly<Record<string, string>>;
  readonly server: Server;
  readonly licence: LiveLicence | null;
  readonly virtualMtas: readonly VirtualMtaStatus[] | null;
  /** Of the settings, but not on the host. Null: unknown. */
  readonly missing: readonly string[] | null;
  readonly disabledSources: readonly DisabledSource[] | null;
  /** Those that are shown, worst first. */
  readonly queues: readonly QueueStatus[] | null;
  readonly counts: {
    readonly queues: number;
    readonly backoff: number;
    readonly paused: number;
    /** False when there are more queues than were read. */
    readonly complete: boolean;
  } | null;
}

/** The addresses of the virtual MTAs, as far as they are known. */
export type Sources = ReadonlyMap<string, readonly LiveSource[] | null>;

export const sourcesIn = (answers: Answers): Sources =>
  new Map([...saidOfEach(answers, 'vmta')].map(([name, said]) => [name, sourcesOf(said)] as const));

/** Puts the answers of a host together, for the part that is wanted. */
export function pmtaReport(answers: Answers, { sending }: Settings, view: View, sources: Sources): PmtaReport {
  const status = saidOf(answers, 'status');
  const server = withVersion(serverOf(status), saidOf(answers, 'version'));
  const services = Object.fromEntries(
    answers
      .all('unit')
      .map((line) => line.split(' ') as [string, string | undefined])
      .map(([n, s]) => [n, s || 'absent']),
  );
  const state = stateOf(status, server, services['pmta']);
  const all = readQueues(answers);
  const disabledSources = disabledSourcesOf(saidOf(answers, 'disabled'));
  const live = virtualMtasOf(saidOf(answers, 'vmtas'));
  const wanted = all?.filter((queue) => isWanted(queue, view)) ?? null;
  const seen = { queues: all, disabledSources, sources, identities: sending.identities };
  const limits = saidOfEach(answers, 'limits');
  const names = new Set(live?.map(({ name }) => name));
  return {
    state,
    said: state === 'running' ? null : firstLine(status) || null,
    services,
    server,
    licence: licenceOf(saidOf(answers, 'license')),
    virtualMtas:
      live
        ?.filter(({ name }) => view.virtualMta === undefined || name === view.virtualMta)
        .map((virtualMta) => virtualMtaStatus(virtualMta, seen)) ?? null,
    missing: live && sending.identities.map(virtualMtaName).filter((name) => !names.has(name)),
    disabledSources,
    queues:
      wanted &&
      worstFirst(wanted)
        .slice(0, view.queues)
        .map((queue) => {
          const said = limits.get(queue.name);
          return { ...queue, limits: said ? limitsOf(said) : null };
        }),
    counts: wanted && {
      queues: wanted.length,
      backoff: wanted.filter(isBackoff).length,
      paused: wanted.filter(({ paused }) => paused).length,
      complete: (all?.length ?? 0) < QUEUES_MOST,
    },
  };
}

/** Those of `topqueues`, else those of `show queues`, which some versions alone may answer. */
function readQueues(answers: Answers): LiveQueue[] | null {
  const [top, all] = [queuesOf(saidOf(answers, 'topqueues')), queuesOf(saidOf(answers, 'queues'))];
  return top !== null && top.length > 0 ? top : (all ?? top);
}

function stateOf(said: Said, { status, shuttingDown, spool }: Server, unit: string | undefined): State {
  if (said.status === 127) return 'not installed';
  if (isTimeout(said)) return 'no answer';
  if (status !== null) {
    if (shuttingDown || /stopp|shut/i.test(status)) return 'stopping';
    if (/start|init/i.test(status)) return 'starting';
    if (status !== 'running') return 'unknown';
    return spool.initialisedPercent !== null && spool.initialisedPercent < 100 ? 'starting' : 'running';
  }
  if (unit === 'activating') return 'starting';
  return unit === 'active' ? 'unknown' : 'not running';
}

/** `show version` tells it where `show status` does not. */
function withVersion(server: Server, said: Said): Server {
  const [, product = '', version = ''] = /^(\S+)\s+v?(\d[\w.-]*)/.exec(said.status === 0 ? firstLine(said) : '') ?? [];
  return { ...server, product: server.product ?? (product || null), version: server.version ?? (version || null) };
}

function isWanted({ domain, virtualMta }: LiveQueue, view: View): boolean {
  if (view.virtualMta !== undefined && virtualMta !== view.virtualMta) return false;
  return view.domain === undefined || matcher(view.domain).test(domain);
}

const matcher = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

interface Seen {
  readonly queues: readonly LiveQueue[] | null;
  readonly disabledSources: readonly DisabledSource[] | null;
  readonly sources: Sources;
  readonly identities: readonly SendingIdentity[];
}

function virtualMtaStatus({ name, recipients }: LiveVirtualMta, seen: Seen): VirtualMtaStatus {
  const own = seen.queues?.filter(({ virtualMta }) => virtualMta === name) ?? null;
  const inBackoff = own?.filter(isBackoff) ?? null;
  const [source] = seen.sources.get(name) ?? [];
  const mode =
    own === null ? null : own.find(isBackoff) ? 'backoff' : own.some(({ mode }) => mode === null) ? null : 'normal';
  return {
    name,
    ip: source?.ip ?? null,
    host: source?.host ?? null,
    sender: seen.identities.find((identity) => virtualMtaName(identity) === name)?.sender ?? null,
    recipients,
    oldest: earliest(own?.map(({ oldest }) => oldest)),
    mode,
    since: earliest(inBackoff?.map(({ since }) => since)),
    queues: own?.length ?? null,
    queuesInBackoff: inBackoff?.length ?? null,
    queuesPaused: own?.filter(({ paused }) => paused).length ?? null,
    disabled: isDisabled(source?.ip, seen.disabledSources),
  };
}

function isDisabled(ip: string | undefined, disabled: readonly DisabledSource[] | null): boolean | null {
  return disabled === null || ip === undefined
    ? disabled?.length === 0
      ? false
      : null
    : disabled.some((one) => one.ip === ip);
}

/** PowerMTA's times are comparable as text within one version. */
const earliest = (times: readonly (string | null)[] = []): string | null =>
  times.filter((time) => time !== null).sort()[0] ?? null;
