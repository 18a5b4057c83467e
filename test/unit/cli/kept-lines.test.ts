import { describe, expect, it } from 'vitest';
import { stayNotes } from '../../../src/lib/cli/kept-lines.js';

describe('what is said of a configuration that was brought back', () => {
  it('says until when it stays, and nothing where the host had it already', () => {
    expect(stayNotes('changed').join('\n')).toContain('`ee pmta diff` shows what they would change');
    expect(stayNotes('planned')).toEqual(stayNotes('changed'));
    expect(stayNotes('unchanged')).toEqual([]);
  });
});
