import { describe, expect, it } from 'vitest';
import { longestBounceAfter } from '../../../src/lib/pmta/bounce-after.js';
import { parseText } from '../../../src/lib/pmta/parse.js';

const HOUR = 3600;

describe('the longest time that a message waits', () => {
  it('is what PowerMTA does by itself, where no directive says longer', () => {
    expect(longestBounceAfter(parseText(''))).toBe(108 * HOUR);
    expect(longestBounceAfter(parseText('<domain *>\n  bounce-after 24h # a day\n</domain>\n'))).toBe(108 * HOUR);
  });

  it('is the longest that any domain has', () => {
    const text = '<domain *>\n  bounce-after 1w2d3h\n</domain>\n<domain a.example>\n  bounce-after "6d"\n</domain>\n';
    expect(longestBounceAfter(parseText(text))).toBe((9 * 24 + 3) * HOUR);
  });
});
