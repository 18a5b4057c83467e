import type { Document } from '../document.js';
import { effectiveIn } from '../effective.js';
import { survey } from '../survey.js';
import type { SettingChange } from './read-back.js';

/** What two configurations say differently for the given pairs of a domain and a virtual MTA: `gmail.com/vmta-mail1`. */
export function effectiveChanges(before: Document, after: Document, pairs: readonly string[]): SettingChange[] {
  const [old, fresh] = [survey(before), survey(after)];
  return pairs.flatMap((pair) => {
    const at = pair.indexOf('/');
    const settings = [old, fresh].map((surveyed) => {
      const found = effectiveIn(surveyed, pair.slice(0, at), pair.slice(at + 1));
      return new Map(found.settings.map(({ name, value }) => [name, value]));
    });
    const [was = new Map<string, string>(), is = new Map<string, string>()] = settings;
    return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
      const [from = 'not set', to = 'not set'] = [was.get(name), is.get(name)];
      return from === to ? [] : [{ pair, name, before: from, after: to }];
    });
  });
}
