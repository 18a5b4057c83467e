import { EeError } from '../../errors.js';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** Seconds of a time as it is typed: `90s`, `30m`, `2h`, `1h30m`, `0`. */
export function secondsOf(time: string, flag: string): number {
  if (time === '0') return 0;
  const parts = [...time.matchAll(/(\d+)([smh])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== time) {
    throw new EeError('USAGE', {
      message: `${flag} ${time} is not a time.`,
      hint: 'Write it like 90s, 30m, 2h, 1h30m or 0.',
    });
  }
  return parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * (UNITS[unit] ?? 1), 0);
}
