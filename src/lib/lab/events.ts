import type { LabHostName } from './names.js';

/** What the lab tells while it works. `begin` and `end` carry the same step and host. */
export type LabEvent =
  | { readonly kind: 'begin'; readonly step: string; readonly host?: LabHostName }
  | { readonly kind: 'end'; readonly step: string; readonly host?: LabHostName; readonly seconds: number }
  | { readonly kind: 'note'; readonly text: string };

export type Emit = (event: LabEvent) => void;

/** Runs one step between its two events. A step that fails has no end: the error tells. */
export async function step<T>(
  emit: Emit,
  about: { readonly step: string; readonly host?: LabHostName },
  work: () => Promise<T>,
): Promise<T> {
  const started = performance.now();
  emit({ kind: 'begin', ...about });
  const result = await work();
  emit({ kind: 'end', ...about, seconds: Math.round((performance.now() - started) / 100) / 10 });
  return result;
}

/** An event as a line for people. */
export function describeEvent(event: LabEvent): string {
  if (event.kind === 'note') return event.text;
  const what = event.host === undefined ? event.step : `${event.host}: ${event.step}`;
  return event.kind === 'begin' ? `${what} …` : `${what}: done in ${event.seconds.toFixed(1)} s`;
}
