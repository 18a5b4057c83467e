import { asking } from '../../converge/asking.js';
import type { Resource } from '../../converge/resource.js';
import { sourceAddresses } from '../../pmta/source-addresses.js';
import { nextStep } from './resource.js';
import { parseSeen, PROBE } from './seen.js';

/**
 * A resource that takes addresses away, held back while a virtual MTA that goes still sends from another address than those of
 * `kept`: its mail would have nowhere to leave from.
 */
export function notWhileDraining(resource: Resource, content: Buffer, kept: readonly string[]): Resource {
  return asking(resource, PROBE, (answer, seen) => {
    const step = nextStep(content, parseSeen(answer));
    const inUse = step.retiring.length > 0 && sourceAddresses(step.document).some((ip) => !kept.includes(ip));
    return inUse ? undefined : resource.diff(seen);
  });
}
