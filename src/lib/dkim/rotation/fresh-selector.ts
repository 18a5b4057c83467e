/**
 * A selector that no key of the domain ever had: `s20261127`, and on the same day `s20261127b`, `s20261127c`… `isTaken` knows the
 * ledger, the key files, and what DNS answers for.
 */
export async function freshSelector(now: Date, isTaken: (selector: string) => Promise<boolean>): Promise<string> {
  const day = `s${now.toISOString().slice(0, 10).replaceAll('-', '')}`;
  for (let count = 0; ; count += 1) {
    const selector = `${day}${letterOf(count)}`;
    if (!(await isTaken(selector))) return selector;
  }
}

/** Nothing for the first, then b to z, zb to zz, and so on. */
function letterOf(count: number): string {
  const full = Math.floor(count / 25);
  const rest = count % 25;
  if (count === 0) return '';
  return rest === 0 ? 'z'.repeat(full) : 'z'.repeat(full) + String.fromCharCode('a'.charCodeAt(0) + rest);
}
