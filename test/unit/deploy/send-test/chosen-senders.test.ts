import { describe, expect, it } from 'vitest';
import { chosenSenders } from '../../../../src/lib/deploy/send-test/chosen-senders.js';

const identities = [1, 2, 3].map((index) => ({
  index,
  ip: `192.0.2.${index}`,
  domain: `mail${index}.example.com`,
  sender: `contact@mail${index}.example.com`,
}));
const chosen = (...names: string[]) => chosenSenders(identities, names).map(({ index }) => index);

describe('the senders of a test', () => {
  it('are all, or those that were named by number or address, once and in order', () => {
    expect(chosen()).toEqual([1, 2, 3]);
    expect(chosen('3', 'Contact@Mail1.example.com', '1')).toEqual([1, 3]);
  });

  it('are no others than those of the settings', () => {
    expect(() => chosen('4')).toThrow('There is no sender 4.');
    expect(() => chosen('stranger@example.com')).toThrow('There is no sender stranger@example.com.');
  });
});
