/** What PowerMTA did not tell. It is never shown as 0. */
export const UNKNOWN = 'unknown';

/** `12 345`, with a no-break space. */
export const amount = (value: number | null): string =>
  value === null ? UNKNOWN : String(value).replace(/\B(?=(\d{3})+$)/g, '\u00A0');

/** The two greatest units of a time: `3 d 4 h`. */
export function duration(seconds: number): string {
  const units = [
    ['d', Math.floor(seconds / 86_400)],
    ['h', Math.floor(seconds / 3600) % 24],
    ['min', Math.floor(seconds / 60) % 60],
    ['s', Math.floor(seconds) % 60],
  ] as const;
  const first = units.findIndex(([, value]) => value > 0);
  const shown = first < 0 ? units.slice(3) : units.slice(first, first + 2);
  return shown.map(([unit, value]) => `${value} ${unit}`).join(' ');
}
