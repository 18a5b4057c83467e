import { describe, expect, it } from 'vitest';
import { chosen, parseKept } from '../../../../src/lib/deploy/pmta/kept-configurations.js';
import type { EeError } from '../../../../src/lib/errors.js';

const sum = (digit: string): string => digit.repeat(64);
const journal = (run: string): string =>
  JSON.stringify({ run, by: 'alice@laptop', id: 'file:/etc/pmta/config', at: '2026-02-16T03:15:00Z' });
const answer = (...kept: readonly (readonly [id: string, digit: string, facts: string])[]): string =>
  [
    `current ${sum('f')}`,
    ...kept.map(([id, digit, facts]) => `kept ${id} 100 ${sum(digit)} ${facts} ${journal(id)}`),
  ].join('\n');
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as EeError).code;
  }
  return 'none';
};

describe('the configurations that a host keeps', () => {
  it('are listed with the newest first, and with the reason why one is not offered', () => {
    const kept = parseKept(
      answer(['1', 'a', 'kp'], ['2', 'b', 'k'], ['3', 'c', 'kv'], ['4', 'f', 'kwv'], ['5', 'e', 'kvp']),
    );
    expect(kept.map(({ id, refused, current }) => [id, refused, current])).toEqual([
      ['5', 'package-example', false],
      ['4', null, true],
      ['3', null, false],
      ['2', 'no-virtual-mta', false],
      ['1', 'package-example', false],
    ]);
    expect(kept[0]).toMatchObject({ by: 'alice@laptop', replaced: '2026-02-16T03:15:00Z', bytes: 100 });
  });

  it('[R23] are gone back to only where something is sent with them', () => {
    const kept = parseKept(answer(['1', 'a', 'kv'], ['2', 'b', 'kp'], ['3', 'c', 'k'], ['4', 'f', 'kwv']));
    expect(chosen(kept, undefined).id).toBe('1');
    expect(chosen(kept, '4').id).toBe('4');
    for (const id of ['2', '3']) expect(codeOf(() => chosen(kept, id))).toBe('ROLLBACK_SENDS_NOTHING');
    expect(codeOf(() => chosen(kept, '9'))).toBe('ROLLBACK_NOTHING');
  });

  it('[R23] are none where only the example of the package was replaced', () => {
    expect(codeOf(() => chosen(parseKept(answer(['1', 'a', 'kp'])), undefined))).toBe('ROLLBACK_NOTHING');
  });

  it('are offered where the journal shows that ee wrote them, whatever is in them', () => {
    expect(chosen(parseKept(answer(['1', 'a', 'kwp'])), undefined).id).toBe('1');
  });
});
