import { alternativeNames } from './alternative-names.js';

describe('alternativeNames()', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['DNS:a.test', [['DNS', 'a.test']]],
    [
      'URI:spiffe://a/b, IP Address:127.0.0.1',
      [
        ['URI', 'spiffe://a/b'],
        ['IP Address', '127.0.0.1'],
      ],
    ],
    [
      'DNS:"a, URI:spiffe://a/b", URI:spiffe://c/d',
      [
        ['DNS', 'a, URI:spiffe://a/b'],
        ['URI', 'spiffe://c/d'],
      ],
    ],
    ['DNS:"a\\", URI:x"', [['DNS', 'a", URI:x']]],
  ])('R146: reads the names in %j', (text, expected) => {
    expect(alternativeNames(text)?.map(({ type, value }) => [type, value])).toEqual(expected);
  });

  it.each(['DNS:a, ', ',', 'DNS:"a', 'DNS:a,URI:b', 'a', 'DNS:"a"b', 'DNS:a" , URI:b', ' DNS:a'])(
    'R146: refuses the malformed list %j',
    (text) => {
      expect(alternativeNames(text)).toBeUndefined();
    },
  );
});
