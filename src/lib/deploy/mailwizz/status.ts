import { hostFacts } from '../../converge/host-facts.js';
import { EeError } from '../../errors.js';
import {
  type DeliveryServer,
  inOneLine,
  planServers,
  serverDisagreements,
  serversSaying,
  wantedServers,
} from '../../mailwizz/delivery-servers.js';
import { mapDisagreements } from '../../mailwizz/sender-map.js';
import { cutWork, stateOf, type State } from '../../mailwizz/state.js';
import { phpVersion } from '../../roles/mailwizz.js';
import { MARIADB, NGINX } from '../../roles/services.js';
import type { Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { httpsProofs, httpsQuestions } from '../status/https.js';
import { Answers, type Proof, unitProof, unitQuestions } from '../status/proof.js';
import { cronProof, healthProofs, healthQuestions } from './health.js';
import { lookAtMailwizz } from './look.js';
import { type RunningAnswer, runningMap } from './running-map.js';
import { deliveryServers } from './servers.js';
import { succeed } from './succeed.js';

export interface MailwizzStatus {
  /** `cut`: work on the whole panel was begun and has not ended. */
  readonly state: State['kind'] | 'cut';
  /** MW_VERSION of the unpacked application. */
  readonly version: string | null;
  readonly healthy: boolean;
  readonly proofs: readonly Proof[];
}

/** Does something on VPS2, over a connection of its own. */
export type OnVps2 = <T>(use: (vps2: Host) => Promise<T>) => Promise<T>;

/** Asks the application on VPS1 how it is, and PowerMTA on VPS2 whether both agree who sends by which IP; changes nothing. */
export async function mailwizzStatus(
  host: Host,
  onVps2: OnVps2,
  settings: Settings,
  signal: AbortSignal,
): Promise<MailwizzStatus> {
  const php = phpVersion(await hostFacts(host), host.name);
  const seen = await lookAtMailwizz(host, settings, php, signal);
  const state = stateOf(seen, settings.mailwizz);
  const version = seen.version ?? null;
  const cut = cutWork(seen);
  if (cut) {
    const { message, hint } = new EeError('MAILWIZZ_CUT', cut);
    return {
      state: 'cut',
      version,
      healthy: false,
      proofs: [{ what: 'panel', seen: `${message} ${hint}`, ok: false }],
    };
  }
  if (state.kind !== 'installed') {
    return {
      state: state.kind,
      version,
      healthy: false,
      proofs: [{ what: 'installation', seen: saying(state), ok: false }],
    };
  }
  const panel = { host: 'vps1', domain: settings.mailwizz.panelDomain } as const;
  // Meanwhile: a host that is away is waited for.
  const running = askVps2(onVps2, signal);
  running.catch(() => undefined); // it is awaited below
  const questions = [
    unitQuestions([NGINX, MARIADB, `php${php}-fpm`, 'cron']),
    healthQuestions(settings.mailwizz, php),
    httpsQuestions(panel),
  ].join('\n');
  const answers = new Answers(await succeed(host, questions, 'asking the panel', signal));
  const proofs = [
    unitProof(answers),
    ...healthProofs(answers, settings.mailwizz),
    cronProof(answers),
    ...httpsProofs(answers, settings, panel),
    ...(await serverProofs(host, settings, php, running, signal)),
  ];
  return { state: state.kind, version, healthy: proofs.every(({ ok }) => ok), proofs };
}

/** Asked through the application's own models, which an application that is broken does not give. */
async function serverProofs(
  host: Host,
  settings: Settings,
  php: string,
  running: Promise<RunningAnswer>,
  signal: AbortSignal,
): Promise<Proof[]> {
  const what = 'delivery servers';
  const answer = await running;
  try {
    const servers = await deliveryServers(host, settings, php, signal);
    const plan = planServers(servers, wantedServers(settings));
    const ok = serverDisagreements(plan).length === 0;
    const agreed = `one for each of ${settings.sending.identities.length} senders`;
    return [{ what, seen: ok ? agreed : serversSaying(plan), ok }, mapProof(servers, answer)];
  } catch (error) {
    if (!(error instanceof EeError && error.code === 'REMOTE_FAILED')) throw error;
    return [{ what, seen: `cannot be asked: ${lastLine(error).replace(/^ *\| */, '')}`, ok: false }];
  }
}

function mapProof(servers: readonly DeliveryServer[], answer: RunningAnswer): Proof {
  const what = 'PowerMTA';
  if (answer.kind === 'unknown') return { what, seen: answer.reason, ok: false };
  const wrong = mapDisagreements(servers, answer.map);
  const agreed = `runs the ${answer.map.used.length} virtual MTAs that they ask for, each for its sender`;
  return { what, seen: wrong.length === 0 ? agreed : inOneLine(wrong), ok: wrong.length === 0 };
}

/** What VPS2 says; that it cannot be asked is an answer too. */
async function askVps2(onVps2: OnVps2, signal: AbortSignal): Promise<RunningAnswer> {
  try {
    return await onVps2((vps2) => runningMap(vps2, signal));
  } catch (error) {
    if (!(error instanceof EeError) || signal.aborted) throw error;
    return { kind: 'unknown', reason: `vps2 cannot be asked: ${error.message.split('\n')[0] ?? ''}` };
  }
}

const lastLine = ({ message }: Error): string => message.split('\n').at(-1) ?? '';

function saying(state: Exclude<State, { kind: 'installed' }>): string {
  if (state.kind === 'unprepared') return `${state.reason}: \`ee deploy vps1\` sees to it`;
  if (state.kind === 'fresh') return 'waits for `ee mailwizz install`';
  if (state.kind === 'half-made') return `was cut, and left ${state.found}: \`ee mailwizz install\` begins anew`;
  if (state.kind === 'unfinished') return 'was cut before it was proven: `ee mailwizz install` finishes it';
  if (state.kind === 'foreign') return `its configuration leads to the ${state.leads}`;
  return `the database holds ${state.found.join(', ')}, and its installation was not proven`;
}
