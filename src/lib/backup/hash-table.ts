/** Numbers of 32 bits by keys of 53, in 12 bytes for each place: an object for each of a million entries would take ten times that. */
export class HashTable {
  #keys = new Float64Array(1024);
  #values = new Uint32Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `key` is not 0. */
  get(key: number): number | undefined {
    const place = this.#placeOf(key);
    return this.#keys[place] === key ? this.#values[place] : undefined;
  }

  set(key: number, value: number): void {
    if (this.#size * 2 >= this.#keys.length) this.#grow();
    const place = this.#placeOf(key);
    if (this.#keys[place] !== key) this.#size++;
    this.#keys[place] = key;
    this.#values[place] = value;
  }

  /** Where a key is, or would be. */
  #placeOf(key: number): number {
    const mask = this.#keys.length - 1;
    let place = (key ^ (key / 2 ** 32)) & mask;
    while (this.#keys[place] !== 0 && this.#keys[place] !== key) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Float64Array(keys.length * 2);
    this.#values = new Uint32Array(keys.length * 2);
    for (const [at, key] of keys.entries()) {
      if (key === 0) continue;
      const place = this.#placeOf(key);
      this.#keys[place] = key;
      this.#values[place] = values[at] ?? 0;
    }
  }
}
