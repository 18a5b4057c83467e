/**
 * Paths of an archive by 53 bits, so that what is remembered of half a million names does not grow with their length. Two paths with one
 * hash (1 in 20,000 archives of a million folders and files) would be taken for the same name, and their archive be refused: nothing is
 * let through by it.
 */
export class PathHash {
  readonly #states: State[] = [];

  /** One name further down. */
  push(name: string): number {
    const above = this.#states.at(-1);
    const state = mixed(above ?? START, `${above ? '/' : ''}${folded(name)}`);
    this.#states.push(state);
    return keyOf(...state);
  }

  /** Back to the folder above; false where there is none. */
  pop(): boolean {
    return this.#states.pop() !== undefined;
  }

  /** The hash of the path that is stood on; undefined at the root. */
  get key(): number | undefined {
    const state = this.#states.at(-1);
    return state && keyOf(...state);
  }
}

/** The hashes of the folders on the way to a plain path, and of itself at the end. */
export function hashesOf(path: string): number[] {
  const hash = new PathHash();
  return path.split('/').map((name) => hash.push(name));
}

/** A hash of the spelling, which is not folded; 27 bits. */
export function spellingOf(path: string): number {
  const [one, two] = mixed(START, path);
  return (one ^ two) >>> 5;
}

/** What file systems that ignore case, or compose accents, take for the same name. */
const folded = (name: string): string => name.normalize('NFC').toLowerCase();

type State = readonly [number, number];
const START: State = [0xdeadbeef, 0x41c6ce57];

/** The mixing of cyrb53: two multiplications of 32 bits for each character. */
function mixed([first, second]: State, text: string): State {
  let one = first;
  let two = second;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 0x9e3779b1);
    two = Math.imul(two ^ code, 0x5f356495);
  }
  return [one, two];
}

/** Never 0, which stands for an empty place in a table. */
function keyOf(one: number, two: number): number {
  const high = Math.imul(one ^ (one >>> 16), 0x85ebca6b) ^ Math.imul(two ^ (two >>> 13), 0xc2b2ae35);
  const low = Math.imul(two ^ (two >>> 16), 0x85ebca6b) ^ Math.imul(one ^ (one >>> 13), 0xc2b2ae35);
  return (high & 0x1fffff) * 2 ** 32 + (low >>> 0) || 1;
}
