import { FIRST_SELECTOR } from '../dkim-selector.js';
import { currentSelector } from '../dkim/key-store.js';
import type { EeError } from '../errors.js';
import { adapt, type Adaptation } from '../pmta/adapt.js';
import { refusalOf } from '../pmta/adapt/complete.js';
import type { Mapping } from '../pmta/adapt/mapping.js';
import { adaptationPlan, type AdaptationPlan } from '../pmta/adapt/plan.js';
import type { AdaptationReport } from '../pmta/adapt/report.js';
import { loadCatalogue } from '../pmta/catalogue.js';
import { linesOf, type Document } from '../pmta/document.js';
import { lineName, type Intake } from '../pmta/intake.js';
import type { Settings } from '../settings/settings.js';
import { withOverlay, type WithOverlay } from './overlay.js';
import { assertRenderable, includeReport, takeInFrom } from './backup-configuration.js';

/** Selectors by domain, for those that shall not sign with their active key. */
export type Selectors = ReadonlyMap<string, string>;

/** A rendering: the configuration of the backup set adapted to the settings, with the operator's overlay in it. */
export interface Rendering extends WithOverlay {
  readonly report: AdaptationReport;
  readonly mapping: Mapping;
}

/** An adaptation of the configuration of the backup set, without the overlay, and why it may not be used. */
export interface TriedAdaptation {
  readonly adaptation: Adaptation;
  readonly refusal: EeError | undefined;
  readonly plan: AdaptationPlan;
  /** The configuration of the backup set with the files that it includes, in one piece. */
  readonly original: Document;
  /** What a line of it is called: `85`, or `isps.conf:3` for one of an included file. */
  readonly nameOf: (line: number) => string;
}

/**
 * The configuration of the backup set, with the files of the set that it includes, adapted to the identities of the settings, each with
 * the selector that signs for it now or with the given one, and with the overlay of the settings merged in. Throws
 * PMTA_CONFIG_UNUSABLE, PMTA_INCLUDES_MISSING, PMTA_OVERLAY_MISSING and PMTA_OVERLAY_REFUSED where it cannot be, and what `refusalOf`
 * finds where lines would be lost or the rendering would have errors.
 */
export async function adaptedConfiguration(
  settings: Settings,
  bytes: Buffer,
  selectors: Selectors = new Map(),
): Promise<Rendering> {
  return rendered(settings, await triedAdaptation(settings, bytes, selectors));
}

/** The rendering that an adaptation gives. Throws its refusal where it has one, and as the overlay does. */
export async function rendered(settings: Settings, { adaptation, refusal, plan }: TriedAdaptation): Promise<Rendering> {
  if (refusal) throw refusal;
  const { document, report, mapping } = adaptation;
  const merged = await withOverlay(document, settings, plan.feeders);
  return { ...merged, mapping, report: [...report, ...(merged.overlay?.report ?? [])] };
}

/** The adaptation alone. Throws PMTA_CONFIG_UNUSABLE and PMTA_INCLUDES_MISSING. */
export async function triedAdaptation(
  settings: Settings,
  bytes: Buffer,
  selectors: Selectors = new Map(),
): Promise<TriedAdaptation> {
  const named = new Set(settings.pmta.drop);
  const intake = await takeInFrom(settings.backup.dir, bytes, named);
  assertRenderable(intake);
  const { drop, unknown } = droppedLines(intake, named);
  const plan = { ...(await withSelectors(settings, selectors)), drop };
  const adaptation = adapt(intake.document, plan);
  const placed = adaptation.report.map((item) =>
    item.line === undefined ? item : { ...item, ...intake.placeOf(item.line) },
  );
  const nameOf = (line: number): string => lineName(intake.placeOf(line));
  return {
    adaptation: { ...adaptation, report: [...includeReport(intake), ...placed] },
    refusal: refusalOf(adaptation, loadCatalogue(), { nameOf, unknown }),
    plan,
    original: intake.document,
    nameOf,
  };
}

/** The lines that were named to be left out, by their number in one piece, and the names of which there is no line. */
function droppedLines(
  { document, dropped, placeOf }: Intake,
  named: ReadonlySet<string>,
): { drop: readonly number[]; unknown: readonly string[] } {
  if (named.size === 0) return { drop: [], unknown: [] };
  const found = new Map<string, number>();
  for (const { number } of linesOf(document.nodes)) {
    const name = lineName(placeOf(number));
    if (named.has(name)) found.set(name, number);
  }
  const gone = new Set(dropped.map(lineName));
  return {
    drop: [...found.values()],
    unknown: [...named].filter((name) => !found.has(name) && !gone.has(name)),
  };
}

async function withSelectors(settings: Settings, selectors: Selectors): Promise<AdaptationPlan> {
  const plan = adaptationPlan(settings, FIRST_SELECTOR);
  const selectorOf = async (domain: string): Promise<string> =>
    selectors.get(domain) ?? (await currentSelector(settings.secretsDir, domain)) ?? FIRST_SELECTOR;
  const identities = await Promise.all(
    plan.identities.map(async (identity) => ({ ...identity, selector: await selectorOf(identity.domain) })),
  );
  return { ...plan, identities };
}
