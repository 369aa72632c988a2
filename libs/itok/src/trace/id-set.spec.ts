import { IdSet } from './id-set.js';

/** Like a UUIDv7: a time, then digits that look random. */
const idOf = (index: number): string =>
  `019a4f2b6c007${(index * 2_654_435_761).toString(16).padStart(19, '0').split('').toReversed().join('')}`;

describe('a set of ids', () => {
  it('holds the ids that were added last, and no others', () => {
    const ids = new IdSet(1_000);
    for (let index = 0; index < 10_500; index++) ids.add(idOf(index));
    const known = (from: number, to: number): number => {
      let count = 0;
      for (let index = from; index < to; index++) if (ids.has(idOf(index))) count++;
      return count;
    };
    expect(known(9_000, 10_500)).toBe(1_500);
    expect(known(0, 9_000)).toBe(0);
    expect(known(10_500, 20_000)).toBe(0);
  });

  it('distinguishes ids that differ in one of the last digits or in their ending', () => {
    const ids = new IdSet();
    ids.add('0'.repeat(31) + '1');
    ids.add('f'.repeat(32));
    for (const id of ['0'.repeat(31) + '1', 'f'.repeat(32)]) expect(ids.has(id)).toBe(true);
    for (const id of ['0'.repeat(32), '0'.repeat(31) + '2', 'f'.repeat(31) + 'e']) expect(ids.has(id)).toBe(false);
  });

  it('holds hundreds of thousands of ids, also consecutive ones', () => {
    const ids = new IdSet();
    const sequential = (index: number): string => index.toString(16).padStart(32, '0');
    const count = 120_000;
    for (let index = 0; index < count; index++) ids.add(sequential(index));
    let known = 0;
    for (let index = 0; index < count; index++) if (ids.has(sequential(index))) known++;
    expect(known).toBe(count);
    expect(ids.has(sequential(count))).toBe(false);
  });
});
