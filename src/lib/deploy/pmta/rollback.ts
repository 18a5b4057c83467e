import { hostFacts } from '../../converge/host-facts.js';
import type { Change, Stage } from '../../converge/resource.js';
import { withLogin } from '../../pmta/adapt/access.js';
import { printDocument, type Document } from '../../pmta/document.js';
import { parseDocument } from '../../pmta/parse.js';
import { EeError } from '../../errors.js';
import { firewallStage } from '../../roles/baseline.js';
import { PMTA_CONFIG } from '../../roles/pmta-configuration/seen.js';
import { powermtaPorts } from '../../roles/powermta.js';
import type { Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import { pmtaApply, type PmtaApplyOptions, type PmtaApplyOutcome } from './apply.js';
import { chosen, keptConfigurations, keptContent, type KeptConfiguration } from './kept-configurations.js';
import { fitToReturn, submissionPorts } from './return-fitness.js';

export interface RollbackOptions extends Pick<
  PmtaApplyOptions,
  'dryRun' | 'overwriteDrift' | 'drainTimeout' | 'run' | 'emit' | 'signal'
> {
  /** The run whose replaced configuration returns; the newest one that is offered without it. */
  readonly to: string | undefined;
  /** Open the firewall for the submission ports of that configuration. */
  readonly withFirewall: boolean;
  /** Put the login of the settings into that configuration. */
  readonly withLogin: boolean;
  /** Asked once before the first change; throws to decline. */
  readonly confirm: (changes: readonly Change[], kept: KeptConfiguration) => Promise<void>;
}

/** Brings back a configuration that a run replaced, through the steps of `pmtaApply`. */
export async function rollBackConfiguration(
  host: Host,
  settings: Settings,
  { to, withFirewall, withLogin: replaceLogin, confirm, ...options }: RollbackOptions,
): Promise<{ kept: KeptConfiguration; outcome: PmtaApplyOutcome }> {
  const kept = chosen(await keptConfigurations(host, options.signal), to);
  const content = await keptContent(host, kept, options.signal);
  const document = replaceLogin ? withLogin(parseDocument(content), settings.pmta) : parseDocument(content);
  const outcome = await pmtaApply(host, replaceLogin ? printDocument(document) : content, {
    ...options,
    // It was in effect before; in an emergency neither DNS nor the age of the keys here must stand in the way.
    resolver: undefined,
    conditions: [fitToReturn({ id: kept.id, document, settings, withFirewall })],
    before: withFirewall ? [await firewallFor(document, host, settings)] : [],
    confirm: (changes) => confirm(changes, kept),
  }).catch((error: unknown) => {
    // The advice for a deployment would replace the file with another configuration than the one that was asked for.
    if (!(error instanceof EeError && error.code === 'PMTA_DRIFT')) throw error;
    throw new EeError('ROLLBACK_DRIFT', { path: PMTA_CONFIG, id: kept.id }, { where: host.name, cause: error });
  });
  return { kept, outcome };
}

/** The firewall of the settings, with the submission ports of the configuration open beside theirs. */
async function firewallFor(document: Document, host: Host, settings: Settings): Promise<Stage> {
  const ports = powermtaPorts(settings, submissionPorts(document));
  return firewallStage('vps2', settings, await hostFacts(host), ports);
}
