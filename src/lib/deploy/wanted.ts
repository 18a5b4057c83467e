import type { HostFacts } from '../converge/host-facts.js';
import type { Stage } from '../converge/resource.js';
import { baseline } from '../roles/baseline.js';
import { engine, type EngineInputs } from '../roles/engine.js';
import { mailwizz, type MailwizzInputs } from '../roles/mailwizz.js';
import { powermta, type PowermtaInputs } from '../roles/powermta.js';
import type { Role, RoleContext } from '../roles/role.js';
import type { HostName, Settings } from '../settings/settings.js';

/** What the roles of the hosts take from the backup set and the secrets. */
export interface DeployInputs {
  readonly vps1?: MailwizzInputs;
  readonly vps2?: PowermtaInputs;
  readonly vps3?: EngineInputs;
}

/** Everything that a host should be: the baseline, with the ports of its role open, and the role on top. */
export function wantedStages(host: HostName, settings: Settings, facts: HostFacts, inputs: DeployInputs): Stage[] {
  const role = roleOf(host, { settings, facts }, inputs);
  return [...baseline(host, settings, facts, role), ...role.stages];
}

function roleOf(host: HostName, context: RoleContext, { vps1, vps2, vps3 }: DeployInputs): Role {
  if (host === 'vps1' && vps1) return mailwizz(context, vps1);
  if (host === 'vps2' && vps2) return powermta(context, vps2);
  if (host === 'vps3' && vps3) return engine(context, vps3);
  throw new Error(`nothing was gathered for ${host}`);
}
