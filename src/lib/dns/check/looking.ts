import { dnsSurvey, type SurveyOptions } from '../survey.js';
import type { Looking } from './result.js';

export interface LookingOptions extends SurveyOptions {
  /** Resolvers, `address[:port]`; none: those of this machine and two public ones. */
  readonly resolvers: readonly string[];
  /** Servers that are asked instead of all others. */
  readonly servers?: readonly string[];
}

/** Opens DNS for one look: nothing that an earlier one was told is kept. */
export function lookingAt({ resolvers, servers = [], ...options }: LookingOptions): Looking {
  const survey = dnsSurvey(servers.length > 0 ? servers : resolvers, { ...options, only: servers.length > 0 });
  return { survey, resolvers: dnsSurvey(survey.resolvers, { ...options, only: true }) };
}
