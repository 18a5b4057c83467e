import { Semaphore } from '../../semaphore.js';
import { SMTP_PORT, greet, type Greet, type Greeting } from '../mail-port.js';
import { dnsSurvey, type DnsSurvey, type SurveyOptions } from '../survey.js';
import type { Looking } from './result.js';

export interface LookingOptions extends SurveyOptions {
  /** Resolvers, `address[:port]`; none: those of this machine and two public ones. */
  readonly resolvers: readonly string[];
  /** Servers that are asked instead of all others. */
  readonly servers?: readonly string[];
  /** How a mail exchange is greeted; default: over the network. */
  readonly greet?: Greet;
}

/** Mail exchanges that are greeted at once. Most are addresses of one machine. */
const AT_ONCE = 32;

/** Milliseconds for the whole of a greeting. */
const PATIENCE = 5000;

/** Opens DNS for one look: nothing that an earlier one was told is kept. */
export function lookingAt({ resolvers, servers = [], ...options }: LookingOptions): Looking {
  const survey = dnsSurvey(servers.length > 0 ? servers : resolvers, { ...options, only: servers.length > 0 });
  return lookingWith(survey, options);
}

/** The same with a survey that is open already. */
export function lookingWith(
  survey: DnsSurvey,
  { greet: over = greet, ...options }: Omit<LookingOptions, 'resolvers' | 'servers'> = {},
): Looking {
  return {
    survey,
    resolvers: dnsSurvey(survey.resolvers, { ...options, only: true }),
    greet: greetingOnce(over, { timeout: options.timeouts?.at(-1) ?? PATIENCE, signal: options.signal }),
  };
}

/** Greets each exchange once, and a limited number at the same time. */
function greetingOnce(over: Greet, patience: Parameters<Greet>[2]): Looking['greet'] {
  const places = new Semaphore(AT_ONCE);
  const greeted = new Map<string, Promise<Greeting>>();
  const inTurn = async (address: string, recipient: string): Promise<Greeting> => {
    const leave = await places.acquire();
    try {
      return await over({ address, port: SMTP_PORT }, recipient, patience);
    } finally {
      leave();
    }
  };
  return (address, recipient) => {
    const key = `${address} ${recipient}`;
    const greeting = greeted.get(key) ?? inTurn(address, recipient);
    greeted.set(key, greeting);
    return greeting;
  };
}
