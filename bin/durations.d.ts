/** Seconds of a test file by its path. */
export type Seconds = ReadonlyMap<string, number>;
export function longestFirst(files: readonly string[], seconds?: Seconds): string[];
