import { EXIT, EeError } from '../../errors.js';
import type { Settings } from '../../settings/settings.js';
import type { Host } from '../../ssh/host.js';
import type { Connect } from '../connections.js';
import { Answers } from '../status/proof.js';
import { type PmtaProblem, pmtaProblems } from './judge.js';
import { pmtaQuestions, type View } from './questions.js';
import { type PmtaReport, pmtaReport, type Sources, sourcesIn } from './report.js';

export type { View } from './questions.js';

/** How PowerMTA is, at one moment. */
export interface PmtaStatus {
  readonly host: string;
  readonly address: string;
  readonly time: string;
  readonly report: PmtaReport;
  readonly problems: readonly PmtaProblem[];
}

/** The script gives up on PowerMTA long before this: what is silent for so long is the host. */
const IDLE_TIMEOUT_MS = 60_000;
/** Addresses of virtual MTAs are read again after this: they take a command each, and change only with the configuration. */
const SOURCES_AGE_MS = 60_000;

/** Asks VPS2 about its PowerMTA, and remembers what need not be asked every time. */
class Asker {
  #sources: Sources = new Map();
  #readAt = -Infinity;

  constructor(
    private readonly settings: Settings,
    private readonly view: View,
  ) {}

  /** One round trip. */
  async ask(host: Host, signal?: AbortSignal): Promise<PmtaStatus> {
    const now = new Date();
    const withSources = now.getTime() - this.#readAt >= SOURCES_AGE_MS;
    const script = pmtaQuestions(this.settings, this.view, { withSources });
    const { stdout } = await host.run(script, {
      step: 'asking PowerMTA',
      idleTimeout: IDLE_TIMEOUT_MS,
      ...(signal ? { signal } : {}),
    });
    const answers = new Answers(stdout.toString('utf8'));
    if (withSources) {
      this.#sources = sourcesIn(answers);
      if (this.#sources.size > 0) this.#readAt = now.getTime();
    }
    const report = pmtaReport(answers, this.settings, this.view, this.#sources);
    if (report.virtualMtas?.length === 0 && this.view.virtualMta !== undefined) throw unknownVirtualMta(this.view);
    const { name, address } = host;
    return { host: name, address, time: now.toISOString(), report, problems: pmtaProblems(report, this.settings, now) };
  }
}

function unknownVirtualMta({ virtualMta = '' }: View): EeError<'USAGE'> {
  return new EeError('USAGE', {
    message: `PowerMTA has no virtual MTA ${virtualMta}.`,
    hint: '`ee pmta status` lists those that it has.',
  });
}

/** How PowerMTA on VPS2 is. Changes nothing. */
export async function pmtaStatus(settings: Settings, view: View, connect: Connect): Promise<PmtaStatus> {
  const host = await connect(settings.hosts.vps2);
  try {
    return await new Asker(settings, view).ask(host);
  } finally {
    await host.close();
  }
}

/** One look of `watchPmta`: how it is, or that the host is out of reach for now. */
export type Look =
  | { readonly kind: 'status'; readonly status: PmtaStatus }
  | { readonly kind: 'lost'; readonly time: string; readonly error: EeError };

interface WatchOptions {
  readonly signal: AbortSignal;
  /** Waits until it is time for the next look. */
  readonly pause: () => Promise<void>;
}

/**
 * Looks again and again over one connection, until the signal comes. A host that was reached once and is lost is tried again at
 * each look; one that cannot be reached at all, or shows another key, throws.
 */
export async function* watchPmta(
  settings: Settings,
  view: View,
  connect: Connect,
  { signal, pause }: WatchOptions,
): AsyncGenerator<Look, void> {
  const asker = new Asker(settings, view);
  let host: Host | undefined = await connect(settings.hosts.vps2);
  try {
    for (; !signal.aborted; await pause()) {
      try {
        host ??= await connect(settings.hosts.vps2);
        yield { kind: 'status', status: await asker.ask(host, signal) };
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof EeError) || !isPassing(error)) throw error;
        await host?.close().catch(() => undefined);
        host = undefined;
        yield { kind: 'lost', time: new Date().toISOString(), error };
      }
    }
  } finally {
    await host?.close().catch(() => undefined);
  }
}

/** A host that restarts refuses logins for a while: only a key that is not the known one is no matter of time. */
const isPassing = ({ code, exit }: EeError): boolean =>
  code === 'REMOTE_TIMEOUT' || (exit === EXIT.unreachable && !code.startsWith('SSH_HOST_KEY'));

export const hasErrors = ({ problems }: PmtaStatus): boolean => problems.some(({ severity }) => severity === 'error');
