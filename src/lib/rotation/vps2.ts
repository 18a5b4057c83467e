import { converge } from '../converge/converge.js';
import type { Emit } from '../converge/events.js';
import type { Run } from '../converge/journal.js';
import { underLock } from '../converge/lock.js';
import type { LockedHost } from '../converge/locked-host.js';
import { plan } from '../converge/plan.js';
import type { Resource } from '../converge/resource.js';
import { directory } from '../converge/resources/directory.js';
import { keysKnownHere } from '../deploy/known-keys.js';
import { pmtaApplyLocked, type PmtaApplyOutcome } from '../deploy/pmta/apply.js';
import { probeSenders } from '../deploy/probe/probe-senders.js';
import { domainKeys, storedKey } from '../dkim/key-store.js';
import { EeError } from '../errors.js';
import { dkimKey, dkimKeyFile, KEY_FOLDER, noDkimKey, revokedKeyFile } from '../roles/dkim-keys.js';
import { knownKeys } from '../roles/known-keys.js';
import type { SendingIdentity, Settings } from '../settings/settings.js';
import type { Host } from '../ssh/host.js';
import type { HeldHost, Proof, Signing, SigningHost } from './site.js';

export interface Vps2Options {
  readonly settings: Settings;
  /** Connects, the first time that the host is needed. */
  readonly connect: () => Promise<Host>;
  /** The configuration with these keys. */
  readonly configuration: (signing: Signing) => Promise<Buffer>;
  /** TXT records, as a verifier asks for them. */
  readonly resolveTxt: (name: string) => Promise<string[][]>;
  readonly run: Run;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** VPS2, as far as a rotation touches it: key files, configuration, and a message through each sender. */
export function vps2(options: Vps2Options): SigningHost {
  return {
    alone: async (work) => underLock(await options.connect(), options.run, (host) => work(held(host, options))),
  };
}

function held(host: LockedHost, options: Vps2Options): HeldHost {
  const { settings, resolveTxt, emit, signal } = options;
  return {
    async assertCurrent() {
      const { status, changes } = await applied(host, options, new Map(), true);
      if (status === 'unchanged') return;
      throw new EeError('DKIM_CONFIG_PENDING', { changes: changes.map(({ summary }) => summary) }, { where: 'vps2' });
    },
    async bring(keys) {
      const resources = await Promise.all(
        [...keys].map(([domain, selector]) => keyResource(settings, domain, selector)),
      );
      await converged(host, options, [directory(KEY_FOLDER, '0750', 'root:pmta'), ...resources]);
    },
    async apply(signing) {
      await applied(host, options, signing, false).catch((error: unknown) => {
        // It is in force; old virtual MTAs that still have mail stay beside it.
        if (!(error instanceof EeError && error.code === 'PMTA_STILL_DRAINING')) throw error;
      });
    },
    async prove(domains) {
      const identities = domains.map((domain) => identityOf(settings, domain));
      const probes = await probeSenders(host, settings, { identities, resolveTxt, emit, signal });
      // What was proven was in force then; what is noted of it must be so now.
      await host.assertHeld();
      return new Map(probes.map(({ identity, outcome }) => [identity.domain, proofOf(identity, outcome)]));
    },
    async forget(domain, selector) {
      await converged(host, options, [noDkimKey(revokedKeyFile(identityOf(settings, domain), selector))]);
    },
  };
}

async function applied(
  host: LockedHost,
  { settings, configuration, run, emit, signal }: Vps2Options,
  signing: Signing,
  dryRun: boolean,
): Promise<PmtaApplyOutcome> {
  return pmtaApplyLocked(host, await configuration(signing), {
    dryRun,
    overwriteDrift: false,
    conditions: [knownKeys(await keysKnownHere(settings))],
    resolver: undefined, // addresses and host names stay what they are
    drainTimeout: 0,
    run,
    emit,
    signal,
    confirm: async () => undefined, // the whole rotation was confirmed
  });
}

async function converged(
  host: LockedHost,
  { run, emit, signal }: Vps2Options,
  resources: readonly Resource[],
): Promise<void> {
  const first = await plan(host, [{ name: 'DKIM keys', resources }], { signal });
  await converge(host, first, { run, emit, signal });
}

async function keyResource(settings: Settings, domain: string, selector: string): Promise<Resource> {
  const known = (await domainKeys(settings.secretsDir, domain))?.keys.find((key) => key.selector === selector);
  if (!known) throw new Error(`the ledger of ${domain} has no ${selector}`);
  const { path, privateKey } = await storedKey(settings.secretsDir, domain, known);
  const identity = identityOf(settings, domain);
  return dkimKey(dkimKeyFile({ ...identity, selector }, { local: path, pem: privateKey }), settings.hosts.vps2);
}

function identityOf({ sending }: Settings, domain: string): SendingIdentity {
  const identity = sending.identities.find((one) => one.domain === domain);
  if (!identity)
    throw new EeError('DKIM_DOMAIN_UNKNOWN', { domain, domains: sending.identities.map((one) => one.domain) });
  return identity;
}

type Outcome = Awaited<ReturnType<typeof probeSenders>>[number]['outcome'];

function proofOf({ domain }: SendingIdentity, outcome: Outcome): Proof {
  if (outcome.kind === 'failed') return outcome;
  if (outcome.domain === domain) return { kind: 'signed', selector: outcome.selector };
  return { kind: 'failed', reason: `its signature is that of ${outcome.domain}` };
}
