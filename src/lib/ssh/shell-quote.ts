/** One word of a POSIX shell, whatever `value` holds. A NUL cannot stand in a shell word: it throws. */
export function quote(value: string): string {
  if (value.includes('\0')) throw new RangeError('a shell word cannot hold a NUL character');
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
