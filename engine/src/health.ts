/** `unknown` means that no verdict was reached in time: it is never taken for `ok`. */
export type Verdict = 'ok' | 'down' | 'unknown';

/** A service that the API leans on. `check` resolves when it answers and rejects when it does not work. */
export interface Component {
  readonly name: string;
  check(): Promise<void>;
}

export interface Health {
  readonly status: 'ok' | 'degraded';
  readonly components: Readonly<Record<string, Verdict>>;
}

/** Milliseconds that a component has to answer. */
const PATIENCE = 2_000;

/**
 * Asks the components, all at the same time. Callers that come while they are being asked share the answer, so that a public
 * health check cannot be used to load the database.
 */
export function healthOf(components: readonly Component[], patience = PATIENCE): () => Promise<Health> {
  let running: Promise<Health> | undefined;
  return () => {
    running ??= ask(components, patience).finally(() => (running = undefined));
    return running;
  };
}

async function ask(components: readonly Component[], patience: number): Promise<Health> {
  const verdicts = await Promise.all(
    components.map(async (component) => [component.name, await verdictOf(component, patience)] as const),
  );
  const well = verdicts.every(([, verdict]) => verdict === 'ok');
  return { status: well ? 'ok' : 'degraded', components: Object.fromEntries(verdicts) };
}

async function verdictOf(component: Component, patience: number): Promise<Verdict> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Verdict>((resolve) => {
    timer = setTimeout(() => resolve('unknown'), patience);
  });
  try {
    return await Promise.race([
      component.check().then<Verdict, Verdict>(
        () => 'ok',
        () => 'down',
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
