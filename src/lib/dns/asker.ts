import { Semaphore } from '../semaphore.js';
import type { Ask, AskOptions, Reply } from './ask.js';
import type { Question } from './message.js';

/** Questions that are on their way at once: together, and to one server, which may count them. */
const AT_ONCE = 96;
const AT_ONCE_A_SERVER = 24;

/** Questions in a row that a server leaves unanswered before it is not waited for any more. */
const PATIENCE = 3;

/**
 * Puts many questions to several servers: a limited number at once, none of them twice, and no longer to a server that does not
 * answer at all, so that one that is down costs seconds and not minutes.
 */
export class Asker {
  readonly #ask: Ask;
  readonly #all = new Semaphore(AT_ONCE);
  readonly #servers = new Map<string, { places: Semaphore; silent: number; reason: string }>();
  readonly #asked = new Map<string, Promise<Reply>>();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  put(server: string, question: Question, options: AskOptions): Promise<Reply> {
    const key = `${server} ${options.recursion} ${question.type} ${question.name}`;
    const asked = this.#asked.get(key) ?? this.#inTurn(server, question, options);
    this.#asked.set(key, asked);
    return asked;
  }

  async #inTurn(server: string, question: Question, options: AskOptions): Promise<Reply> {
    const state = this.#servers.get(server) ?? { places: new Semaphore(AT_ONCE_A_SERVER), silent: 0, reason: '' };
    this.#servers.set(server, state);
    const leave = await state.places.acquire();
    const leaveAll = await this.#all.acquire();
    try {
      if (state.silent >= PATIENCE) return { kind: 'silence', reason: state.reason };
      const reply = await this.#ask(server, question, options);
      if (reply.kind === 'packet') state.silent = 0;
      else Object.assign(state, { silent: state.silent + 1, reason: reply.reason });
      return reply;
    } finally {
      leaveAll();
      leave();
    }
  }
}
