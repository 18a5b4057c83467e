import { Listr, type ListrTaskWrapper, type DefaultRenderer, type SimpleRenderer } from 'listr2';
import type { ConvergeEvent } from '../../converge/events.js';
import { printableName } from '../../printable.js';
import type { Redact } from '../../secret.js';
import { doing } from './plain.js';
import type { DeployView } from './view.js';

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** One line a host, redrawn in place, with what it is busy with below: for a terminal. */
export function listrView(hosts: readonly string[], redact: Redact): DeployView {
  const rows = new Map(hosts.map((host) => [host, new Row(host, redact)]));
  const list = new Listr(
    hosts.map((host) => ({ title: host, task: (_, task: Task) => rows.get(host)?.run(task) })),
    {
      concurrent: true,
      exitOnError: false,
      collectErrors: false,
      registerSignalListeners: false,
      rendererOptions: { collapseErrors: false, showErrorMessage: false },
    },
  );
  const drawn = list.run().catch(() => undefined);
  return {
    showsOutcome: true,
    emit: (event) => rows.get(event.host)?.take(event),
    close: async () => {
      for (const row of rows.values()) row.end();
      await drawn;
    },
  };
}

/** The line of one host. It ends with its host, or with the run. */
class Row {
  #task: Task | undefined;
  #last: ConvergeEvent | undefined;
  #planned = 0;
  #made = 0;
  #finish: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;
  readonly #ended: Promise<void>;

  constructor(
    private readonly host: string,
    private readonly redact: Redact,
  ) {
    this.#ended = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    // A failure may come before listr2 looks at it.
    this.#ended.catch(() => undefined);
  }

  run(task: Task): Promise<void> {
    this.#task = task;
    if (this.#last) this.#draw(this.#last);
    return this.#ended;
  }

  take(event: ConvergeEvent): void {
    this.#last = event;
    this.#draw(event);
    if (event.kind === 'done') this.#finish();
    if (event.kind === 'failed') this.#fail(new Error(this.host));
  }

  end(): void {
    this.#finish();
  }

  #draw(event: ConvergeEvent): void {
    if (event.kind === 'planned') this.#planned = event.changes.length;
    if (event.kind === 'changed') this.#made += 1;
    if (!this.#task) return;
    this.#task.title = `${this.host}: ${this.#title(event)}`;
    if (!['planned', 'done', 'failed'].includes(event.kind))
      this.#task.output = printableName(this.redact(doing(event)));
  }

  #title(event: ConvergeEvent): string {
    if (event.kind === 'done') return `${event.changes} changed in ${event.seconds} s`;
    if (event.kind === 'failed') return `failed after ${this.#made} of ${this.#planned}`;
    if (event.kind === 'planned')
      return event.changes.length === 0 ? 'nothing to change' : `${this.#planned} to change`;
    return this.#planned === 0 ? '' : `${this.#made} of ${this.#planned}`;
  }
}
