import { hostFacts } from '../../converge/host-facts.js';
import { EeError } from '../../errors.js';
import { serverDisagreements } from '../../mailwizz/delivery-servers.js';
import { stateOf, type State } from '../../mailwizz/state.js';
import { phpVersion } from '../../roles/mailwizz.js';
import type { Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { httpsProofs, httpsQuestions } from '../status/https.js';
import { Answers, type Proof, unitProof, unitQuestions } from '../status/proof.js';
import { cronProof, healthProofs, healthQuestions } from './health.js';
import { lookAtMailwizz } from './look.js';
import { serverPlan } from './servers.js';
import { succeed } from './succeed.js';

export interface MailwizzStatus {
  readonly state: State['kind'];
  /** MW_VERSION of the unpacked application. */
  readonly version: string | null;
  readonly healthy: boolean;
  readonly proofs: readonly Proof[];
}

/** Asks the application on VPS1 how it is; changes nothing. */
export async function mailwizzStatus(host: Host, settings: Settings, signal: AbortSignal): Promise<MailwizzStatus> {
  const php = phpVersion(await hostFacts(host), host.name);
  const seen = await lookAtMailwizz(host, settings, php, signal);
  const state = stateOf(seen, settings.mailwizz);
  const version = seen.version ?? null;
  if (state.kind !== 'installed') {
    return {
      state: state.kind,
      version,
      healthy: false,
      proofs: [{ what: 'installation', seen: saying(state), ok: false }],
    };
  }
  const panel = { host: 'vps1', domain: settings.mailwizz.panelDomain } as const;
  const questions = [
    unitQuestions(['nginx', 'mariadb', `php${php}-fpm`, 'cron']),
    healthQuestions(settings.mailwizz, php),
    httpsQuestions(panel),
  ].join('\n');
  const answers = new Answers(await succeed(host, questions, 'asking the panel', signal));
  const proofs = [
    unitProof(answers),
    ...healthProofs(answers, settings.mailwizz),
    cronProof(answers),
    ...httpsProofs(answers, settings, panel),
    await serversProof(host, settings, php, signal),
  ];
  return { state: state.kind, version, healthy: proofs.every(({ ok }) => ok), proofs };
}

/** Asked through the application's own models, which an application that is broken does not give. */
async function serversProof(host: Host, settings: Settings, php: string, signal: AbortSignal): Promise<Proof> {
  const what = 'delivery servers';
  try {
    const wrong = serverDisagreements(await serverPlan(host, settings, php, signal));
    const agreed = `one for each of ${settings.sending.identities.length} senders`;
    return { what, seen: wrong.length === 0 ? agreed : wrong.join('; '), ok: wrong.length === 0 };
  } catch (error) {
    if (!(error instanceof EeError && error.code === 'REMOTE_FAILED')) throw error;
    return {
      what,
      seen: `cannot be asked: ${
        error.message
          .split('\n')
          .at(-1)
          ?.replace(/^ *\| */, '') ?? ''
      }`,
      ok: false,
    };
  }
}

function saying(state: Exclude<State, { kind: 'installed' }>): string {
  if (state.kind === 'unprepared') return `${state.reason}: \`ee deploy vps1\` brings it`;
  if (state.kind === 'fresh') return 'waits for `ee mailwizz install`';
  if (state.kind === 'half-made') return `was cut, and left ${state.found}: \`ee mailwizz install\` begins anew`;
  if (state.kind === 'unfinished') return 'was cut before it was proven: `ee mailwizz install` finishes it';
  if (state.kind === 'foreign') return `its configuration leads to the ${state.leads}`;
  return `the database holds ${state.found.join(', ')}, and its installation was not proven`;
}
