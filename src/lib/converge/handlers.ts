import { createHash } from 'node:crypto';
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

/** What a handler's marker remembers of a change: the SHA-256 of what its resource's probe had shown before it. */
export const stateOf = (seen: Buffer): string => createHash('sha256').update(seen).digest('hex');

/** A change, with the state of its resource before it; without one it counts as made. */
interface NotingChange {
  readonly id: string;
  readonly before?: string;
  readonly notifies: readonly Handler[];
}

/**
 * Shell that notes, before a change, which handlers it makes necessary: a line in the marker of each, with the state before the
 * change. The change may fail before it has done anything, and the run may be killed anywhere; the state of the host says later
 * whether there was one.
 */
export function noteHandlers({ id, before = 'unknown', notifies }: NotingChange): string[] {
  const note = `printf '%s %s\\n' ${quote(before)} ${quote(id)}`;
  return notifies.map((handler) => `mkdir -p -m 0700 ${PENDING}; ${note} >> ${marker(handler.id)}`);
}

/** A handler seen as a resource, so that one that a killed run left behind is found by the same probe as everything else. */
export function pendingProbe(handler: Handler): Resource {
  const file = marker(handler.id);
  return { id: handler.id, probe: `[ ! -e ${file} ] || { echo pending; cat ${file}; }`, diff: () => undefined };
}

/**
 * Whether a handler still has to run: its marker is there, and a change that it was set for took place. A change whose resource is
 * as it was before did not; one whose resource is not looked at any more (`states` by id) is taken for made.
 */
export function isPending(seen: Buffer, states: ReadonlyMap<string, string>): boolean {
  const [word, ...notes] = seen.toString('utf8').trim().split('\n');
  if (word !== 'pending') return false;
  return notes.length === 0 || notes.some((note) => tookPlace(note, states));
}

function tookPlace(note: string, states: ReadonlyMap<string, string>): boolean {
  const at = note.indexOf(' ');
  return at < 0 || states.get(note.slice(at + 1)) !== note.slice(0, at);
}

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
