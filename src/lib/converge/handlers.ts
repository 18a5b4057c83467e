import { quote } from '../ssh/shell-quote.js';
import { PENDING } from './paths.js';
import { waitUntil } from './ready.js';
import type { Difference, Handler, Resource } from './resource.js';

/** The marker that says that `id` still has to run, quoted. It is set before the change and goes after the reload. */
export function marker(id: string): string {
  return quote(`${PENDING}/${encodeURIComponent(id)}`);
}

export const setMarker = (id: string): string => `mkdir -p -m 0700 ${PENDING}; : > ${marker(id)}`;
export const clearMarker = (id: string): string => `rm -f ${marker(id)}`;
export const testMarker = (id: string): string => `[ ! -e ${marker(id)} ] || echo pending`;

/** A handler seen as a resource, so that one that a killed run left behind is found by the same probe as everything else. */
export function pendingProbe(handler: Handler): Resource {
  return { id: handler.id, probe: testMarker(handler.id), diff: () => undefined };
}

export const isPending = (seen: Buffer): boolean => seen.toString('utf8').trim() === 'pending';

/** Running the handler, as a change. */
export function handlerDifference(handler: Handler): Difference {
  return { action: 'run', summary: handler.summary, script: `${handler.script}\n${clearMarker(handler.id)}` };
}

/** Reloads a service after its configuration changed; one that does not run is started. */
export function reload(service: string, check?: string): Handler {
  return serviceHandler('reload', 'reload-or-restart', service, check);
}

/** Restarts a service, for changes that a reload does not take up; `ready` is shell that succeeds once it answers again. */
export function restart(service: string, ready?: string): Handler {
  return serviceHandler('restart', 'restart', service, undefined, ready);
}

function serviceHandler(
  name: string,
  verb: string,
  service: string,
  check: string | undefined,
  ready?: string,
): Handler {
  return {
    id: `${name}:${service}`,
    summary: `${name} ${service}`,
    script: [
      ...(check ? [check] : []),
      'systemctl daemon-reload',
      `systemctl ${verb} ${service} || { systemctl --no-pager --full status ${service} | tail -n 12; exit 1; }`,
      ...(ready ? [waitUntil(ready)] : []),
    ].join('\n'),
  };
}
