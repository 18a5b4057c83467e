import { describe, expect, it } from 'vitest';
import { count, isRefusal, isTimeout, printable, truth } from '../../../../src/lib/pmta/live/said.js';

describe('what a command of pmta said', () => {
  it('is a refusal by its status, and by its text where the status is 0', () => {
    expect(isRefusal({ text: 'status.status="running"', status: 0 })).toBe(false);
    expect(isRefusal({ text: 'status.status="running"', status: 1 })).toBe(true);
    expect(isRefusal({ text: 'Error: cannot connect to pmtad', status: 0 })).toBe(true);
    expect(isRefusal({ text: 'PowerMTA is not running.', status: 0 })).toBe(true);
    expect(isRefusal({ text: '', status: undefined })).toBe(true);
  });

  it('is none for the errors of other servers that it quotes', () => {
    const text = 'queue[0].event[0].text="421 connection refused, PowerMTA is not running"';
    expect(isRefusal({ text, status: 0 })).toBe(false);
  });

  it('tells a command that had to be ended', () => {
    expect([124, 137, 1, 0].map((status) => isTimeout({ text: '', status }))).toEqual([true, true, false, false]);
  });
});

describe('a value', () => {
  it('is unknown, never 0 or no, where it cannot be read', () => {
    expect(['12', '0', '100%', '', 'many', '-3', undefined].map(count)).toEqual([12, 0, 100, null, null, null, null]);
    expect(['yes', 'no', 'true', '', 'perhaps', undefined].map(truth)).toEqual([true, false, true, false, null, null]);
  });

  it('cannot steer the terminal that shows it', () => {
    expect(printable('421 \u001B[2J\u001B]0;x\u0007slow\u009B31m down\u202E')).toBe('421 [2J ]0;x slow 31m down');
  });
});
