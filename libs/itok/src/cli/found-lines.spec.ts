import type { Line } from '../trace/index.js';
import { FoundLines } from './found-lines.js';

const ID = '019a4f2b6c007000a000000000000001';
const line = (given: Partial<Line> = {}): Line => ({
  time: 1_000,
  level: 'info',
  msg: '',
  service: 'orders',
  instance: 'orders-1',
  txn: ID,
  ...given,
});
const stack = 'x'.repeat(10_000);

describe('the lines held of a request', () => {
  it('are those whose id begins or ends with the given digits', () => {
    for (const given of ['019a4f2b', '00000001', ID]) {
      const found = new FoundLines(given);
      for (const txn of [ID, 'f'.repeat(32)]) found.add(line({ txn }));
      expect([...found.requests.keys()]).toEqual([ID]);
    }
  });

  it.each([
    ['lines', line(), { lines: 10 }],
    ['characters of messages', line({ msg: 'x'.repeat(4_000) }), { characters: 41_000 }],
    ['characters of stacks', line({ err: { type: 'E', message: '', stack } }), { characters: 101_000 }],
    ['characters of names', line({ op: 'x'.repeat(200), user: 'x'.repeat(200) }), { characters: 4_800 }],
  ])('are bounded by %s', (_, each, bounds) => {
    const found = new FoundLines(ID, bounds);
    for (let count = 0; count < 10; count++) found.add(each);
    expect(() => found.add(each)).toThrow(`${ID} has more than`);
  });

  it('throw an error that says what to do if there are too many', () => {
    const found = new FoundLines('019a4f2b', { lines: 1 });
    const add = (txn: string) => () => found.add(line({ txn }));
    add(ID)();
    expect(add(ID)).toThrow(
      '019a4f2b has more than 1 line or 200 million characters, which is the limit. Leave some out, such as those ' +
        `for debugging: grep -hv '"level":"debug"' … | itok trace 019a4f2b`,
    );
    const several = new FoundLines('019a4f2b', { lines: 2 });
    for (const digit of '12') several.add(line({ txn: `019a4f2b${digit.repeat(24)}` }));
    expect(() => several.add(line())).toThrow('Several requests have such an id: give more digits.');
  });
});
