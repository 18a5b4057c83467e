import { describe, expect, it } from 'vitest';
import {
  NOTHING_LISTED,
  listingRecords,
  showListings,
  usualCode,
  withListing,
  withoutListing,
} from '../../../src/lib/lab/world/blocklists.js';

const answers = (listings = NOTHING_LISTED): string[] =>
  listingRecords(listings)
    .filter(([, type]) => type === 'A')
    .map(([name, , value]) => `${name} ${value}`);
const TEST_ENTRIES = [
  '2.0.0.127.zen.lab-blocklist.example 127.0.0.2',
  '2.0.0.127.zen.lab-blocklist.example 127.0.0.4',
  '2.0.0.127.zen.lab-blocklist.example 127.0.0.10',
  'test.dbl.lab-blocklist.example 127.0.1.2',
];

describe('the blocklists of the lab', () => {
  it('have the entries that every list has (RFC 5782 §5), and nothing else at first', () => {
    expect(answers()).toEqual(TEST_ENTRIES);
    expect(showListings(NOTHING_LISTED)).toBe('Nothing is listed.');
  });

  it('list an address turned around and a domain as it is, until they are taken off', () => {
    const one = withListing(NOTHING_LISTED, '192.0.2.7', usualCode('192.0.2.7'));
    const both = withListing(one, 'Mail1.lab.example', '127.0.1.4');
    expect(answers(both).filter((answer) => !TEST_ENTRIES.includes(answer))).toEqual([
      '7.2.0.192.zen.lab-blocklist.example 127.0.0.2',
      'mail1.lab.example.dbl.lab-blocklist.example 127.0.1.4',
    ]);
    expect(showListings(both)).toBe(`zen.lab-blocklist.example lists 192.0.2.7 (127.0.0.2).
dbl.lab-blocklist.example lists mail1.lab.example (127.0.1.4).`);
    expect(withoutListing(both, 'mail1.lab.example')).toEqual(one);
    expect(withoutListing(both)).toEqual(NOTHING_LISTED);
  });

  it('answer everything alike where they shall: nothing that is listed stands in the way', () => {
    const listings = { ...withListing(NOTHING_LISTED, '192.0.2.7', '127.0.0.2'), always: { zen: '127.255.255.254' } };
    expect(answers(listings)).toEqual([
      '*.zen.lab-blocklist.example 127.255.255.254',
      'test.dbl.lab-blocklist.example 127.0.1.2',
    ]);
  });
});
