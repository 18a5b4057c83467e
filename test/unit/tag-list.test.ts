import { describe, expect, it } from 'vitest';
import { parseTagList } from '../../src/lib/tag-list.js';

describe('a tag list', () => {
  it('keeps the order, trims white space and takes a trailing semicolon', () => {
    expect([...parseTagList(' v = DKIM1 ;\r\n\tk=rsa; p=AB CD; n= ;')]).toEqual([
      ['v', 'DKIM1'],
      ['k', 'rsa'],
      ['p', 'AB CD'],
      ['n', ''],
    ]);
  });

  it('keeps an equals sign in a value', () => {
    expect(parseTagList('p=AQAB==').get('p')).toBe('AQAB==');
  });

  it.each([
    ['', 'it is empty'],
    ['v=DKIM1;;p=x', '"" is not of the form tag=value'],
    ['v=DKIM1; p', '"p" is not of the form tag=value'],
    ['1v=DKIM1', '"1v=DKIM1" is not of the form tag=value'],
    ['p=x; p=y', 'the tag p stands there twice'],
    ['n=caf\u00e9', 'the tag n holds a character outside of ASCII'],
  ])('refuses %j', (text, reason) => {
    expect(() => parseTagList(text)).toThrow(reason);
  });
});
