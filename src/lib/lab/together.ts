/**
 * Like Promise.all, but waits for every one before it raises the first failure, so that nothing goes on in the background of a
 * run that has ended.
 */
export async function all<T extends readonly Promise<unknown>[]>(
  works: readonly [...T],
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

/** Works on all items at once. */
export const each = <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> => all(items.map(work));
