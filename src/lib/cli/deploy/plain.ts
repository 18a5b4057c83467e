import type { ConvergeEvent } from '../../converge/events.js';
import type { DeployView } from './view.js';

/** Seconds of silence after which the operator is told that a host is still being worked on. */
const HEARTBEAT = 30;

/** One line an event: for logs, pipes and terminals that cannot redraw. */
export function plainView(write: (line: string) => void, verbose: boolean): DeployView {
  const last = new Map<string, { doing: string; since: number }>();
  let spoken = Date.now();
  const say = (line: string) => {
    spoken = Date.now();
    write(line);
  };
  const heartbeat = setInterval(() => {
    if (Date.now() - spoken < HEARTBEAT * 1000) return;
    for (const [host, { doing, since }] of last)
      say(`${host}: still at it after ${Math.round((Date.now() - since) / 1000)} s: ${doing}`);
  }, 1000);
  heartbeat.unref();
  return {
    showsOutcome: false,
    emit: (event) => {
      if (event.kind === 'done' || event.kind === 'failed') last.delete(event.host);
      else last.set(event.host, { doing: doing(event), since: last.get(event.host)?.since ?? Date.now() });
      const line = sentence(event, verbose);
      if (line !== undefined) say(line);
    },
    close: async () => clearInterval(heartbeat),
  };
}

/** What the host is busy with after this event. */
export function doing(event: ConvergeEvent): string {
  switch (event.kind) {
    case 'step':
      return event.step;
    case 'stage':
      return event.stage;
    case 'progress':
      return event.message;
    case 'changed':
      return event.change.summary;
    case 'planned':
      return `${event.changes.length} to change`;
    case 'done':
      return `${event.changes} changed`;
    case 'failed':
      return 'failed';
  }
}

function sentence(event: ConvergeEvent, verbose: boolean): string | undefined {
  const { host } = event;
  switch (event.kind) {
    case 'step':
      return `${host}: ${event.step}`;
    case 'planned':
      return `${host}: ${event.changes.length === 0 ? 'nothing to change' : `${event.changes.length} to change`}`;
    case 'stage':
      return `${host}: ${event.stage}`;
    case 'progress':
      return verbose ? `${host}:   | ${event.message}` : undefined;
    case 'changed':
      return `${host}:   ${event.change.summary}`;
    // What became of the host is said at the end, of all hosts together.
    case 'done':
    case 'failed':
      return undefined;
  }
}
