import type { Emit } from '../converge/events.js';
import type { Run } from '../converge/journal.js';
import { bounceAfterOf } from '../deploy/bounce-after.js';
import { soundConfigurations } from '../deploy/pmta/wanted-configuration.js';
import { liveTxt } from '../deploy/probe/live-txt.js';
import { policyFor, type Policy } from '../dkim/rotation/steps.js';
import { RECORD_TTL } from '../dns/records.js';
import { dnsSurvey } from '../dns/survey.js';
import type { Settings } from '../settings/settings.js';
import type { Host } from '../ssh/host.js';
import { assertEnoughResolvers, dnsOf } from './dns-at-once.js';
import { keyRoom } from './key-room.js';
import type { Signing, Site } from './site.js';
import { vps2 } from './vps2.js';

export interface SiteOptions extends Pick<Site, 'confirm' | 'tell' | 'waiting' | 'signal'> {
  readonly connect: () => Promise<Host>;
  readonly run: Run;
  readonly emit: Emit;
}

/** How long keys stay, by the settings. */
export const policyOf = async (settings: Settings): Promise<Policy> =>
  policyFor(await bounceAfterOf(settings), RECORD_TTL);

/** The keys on this machine, DNS, VPS2 and the clock. Throws DKIM_RESOLVERS_FEW. */
export async function realSite(settings: Settings, { connect, run, emit, ...shown }: SiteOptions): Promise<Site> {
  const { signal } = shown;
  const { resolvers } = settings.dns;
  const survey = () => dnsSurvey(resolvers, { signal });
  const first = survey();
  assertEnoughResolvers(first);
  const now = () => new Date();
  return {
    ...shown,
    keys: keyRoom(settings.secretsDir, run, now),
    dns: () => dnsOf(survey()),
    host: vps2({
      settings,
      connect: once(connect),
      configuration: configurations(settings, signal),
      resolveTxt: liveTxt(first.resolvers),
      run,
      emit,
      signal,
    }),
    policy: await policyOf(settings),
    now,
  };
}

/** The backup set is read and verified when the first configuration is asked for, and only then. */
function configurations(settings: Settings, signal: AbortSignal): (signing: Signing) => Promise<Buffer> {
  const render = once(() => soundConfigurations(settings, signal));
  return async (signing) => (await render())(signing);
}

/** Does it the first time; a failure is not remembered. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    done ??= work().catch((error: unknown) => {
      done = undefined;
      throw error;
    });
    return done;
  };
}
