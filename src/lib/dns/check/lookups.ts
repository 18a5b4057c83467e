import type { Answer } from '../answer.js';
import type { DnsSurvey, NameView } from '../view.js';
import type { SpfLookups } from './spf/evaluate.js';

/** What resolvers say about names that are not ours: the first answer that is one. */
export function lookupsOf(resolvers: DnsSurvey): SpfLookups {
  return {
    a: async (name) => firstAnswer(await resolvers.a(name)),
    mx: async (name) => firstAnswer(await resolvers.mx(name)),
    txt: async (name) => firstAnswer(await resolvers.txt(name)),
  };
}

export function firstAnswer<Value>({ answers }: NameView<Value>): Answer<Value> {
  const [last] = answers.slice(-1);
  const definite = answers.find(({ answer }) => answer.kind !== 'unknown') ?? last;
  return definite?.answer ?? { kind: 'unknown', reason: 'there is no resolver to ask' };
}
