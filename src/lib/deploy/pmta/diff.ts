import { probe } from '../../converge/probe.js';
import { EeError } from '../../errors.js';
import { comparedPairs } from '../../pmta/host/compared-pairs.js';
import { effectiveChanges } from '../../pmta/host/effective-changes.js';
import type { Origin } from '../../pmta/host/origin.js';
import type { SettingChange } from '../../pmta/host/read-back.js';
import { parseDocument } from '../../pmta/parse.js';
import { configurationDiff, nextStep } from '../../roles/pmta-configuration/resource.js';
import { parseSeen, PMTA_CONFIG, PROBE, type SeenConfiguration } from '../../roles/pmta-configuration/seen.js';
import type { Host } from '../../ssh/host.js';

/** Two configurations that differ, as a unified diff with their passwords masked. */
export interface Difference {
  readonly diff: string;
}

/** The configuration that runs beside the one that would. */
export interface PmtaDiff {
  readonly origin: Origin;
  /** What somebody changed on the host since `ee` wrote the file; `null` where nothing did, or `ee` never wrote it. */
  readonly drift: Difference | null;
  /** What `ee` would write, against what it wrote last (against what is there, where it wrote nothing). */
  readonly pending: Difference | null;
  /** What that changes for the providers: settings that hold for a domain and a virtual MTA that stays. */
  readonly effective: readonly SettingChange[];
  /** Virtual MTAs that stay until no mail waits for them. */
  readonly retiring: readonly string[];
  /** A run was cut before it had verified what it put into force. */
  readonly unverified: boolean;
}

/** What is on the host, in one round trip; changes nothing. Throws NOT_A_FILE where something else stands there. */
export async function seenConfiguration(host: Host, signal: AbortSignal): Promise<SeenConfiguration> {
  const [output = Buffer.alloc(0)] = await probe(host, [{ id: PMTA_CONFIG, probe: PROBE, diff: () => undefined }], {
    signal,
  });
  const seen = parseSeen(output);
  if (seen.other !== undefined)
    throw new EeError('NOT_A_FILE', { path: PMTA_CONFIG, type: seen.other }, { where: host.name });
  return seen;
}

/** Compares what is on a host with what would be written there. */
export function pmtaDiff(host: string, seen: SeenConfiguration, content: Buffer): PmtaDiff {
  const { content: next, retiring } = nextStep(content, seen);
  const there = `${PMTA_CONFIG} (on ${host})`;
  const written = `${PMTA_CONFIG} (last written by ee)`;
  const base = seen.drift || seen.origin === 'ours' ? (seen.applied ?? seen.content) : seen.content;
  const isThere = seen.content?.equals(next) ?? false;
  return {
    origin: seen.origin,
    drift:
      !isThere && seen.origin === 'changed' && seen.applied && seen.content
        ? { diff: configurationDiff(seen.applied, seen.content, written, there) }
        : null,
    pending:
      isThere || base?.equals(next)
        ? null
        : {
            diff: configurationDiff(
              base,
              next,
              base === seen.content ? there : written,
              `${PMTA_CONFIG} (to be written)`,
            ),
          },
    effective: isThere || !seen.content ? [] : effectiveOf(seen.content, next),
    retiring,
    unverified: seen.unverified,
  };
}

function effectiveOf(before: Buffer, after: Buffer): SettingChange[] {
  const [old, fresh] = [parseDocument(before), parseDocument(after)];
  return effectiveChanges(old, fresh, comparedPairs(old, fresh));
}

export const differs = ({ drift, pending, unverified }: PmtaDiff): boolean =>
  drift !== null || pending !== null || unverified;
