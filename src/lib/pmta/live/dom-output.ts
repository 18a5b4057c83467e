import { isRefusal, type Said } from './said.js';

/** Keys below one element of a list, `name` or `event[0].text`, with their values. */
export type DomRecord = ReadonlyMap<string, string>;

/** The output of `pmta --dom`: lines `key="value"`, in which lists count from 0: `queue[0].name="…"`. Other lines are passed over. */
export class DomOutput {
  readonly #values = new Map<string, string>();

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const [, key, value] = /^([\w[\].-]+)\s*=\s*"(.*)"\s*$/.exec(line) ?? [];
      if (key !== undefined && value !== undefined) this.#values.set(key, value.replace(/\\(["\\])/g, '$1'));
    }
  }

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  entries(): IterableIterator<[string, string]> {
    return this.#values.entries();
  }

  /** The elements of a list, in order. One that stands alone may come without its number. */
  list(name: string): DomRecord[] {
    const found = new Map<string, Map<string, string>>();
    for (const [key, value] of this.#values) {
      if (!key.startsWith(name)) continue;
      const [, index = '', rest] = /^(?:\[(\d+)\])?\.(.+)$/.exec(key.slice(name.length)) ?? [];
      if (rest === undefined) continue;
      const record = found.get(index) ?? new Map<string, string>();
      found.set(index, record.set(rest, value));
    }
    return [...found.values()];
  }
}

/** The elements of a list that a command was asked for. Null when the answer is none, or cannot be understood: unknown. */
export function listed(said: Said, name: string): DomRecord[] | null {
  if (isRefusal(said)) return null;
  const output = new DomOutput(said.text);
  if (!output.isEmpty) return output.list(name);
  return saysNone(said.text) ? [] : null;
}

/** An empty answer, or `No queues.` */
export const saysNone = (text: string): boolean => /^\s*(no\b.*|none\.?)?\s*$/i.test(text);

/** The value of the first of these keys that the record has. */
export const firstOf = (record: DomRecord, ...keys: readonly string[]): string | undefined =>
  keys.map((key) => record.get(key)).find((value) => value !== undefined);
