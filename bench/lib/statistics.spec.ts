import { inTurns, median, quartiles } from './statistics.mjs';

describe('quartiles', () => {
  it('leave a quarter of the values on either side', () => {
    expect(quartiles([5, 1, 4, 2, 3])).toEqual({ low: 2, median: 3, high: 4 });
  });

  it('lie between two values where none is in the place', () => {
    expect(quartiles([1, 2, 3, 4])).toEqual({ low: 1.75, median: 2.5, high: 3.25 });
  });

  it('are the value itself where there is one', () => {
    expect(quartiles([7])).toEqual({ low: 7, median: 7, high: 7 });
  });

  it('sort by number and leave the values in their order', () => {
    const values = [10, 9, 100];
    expect(median(values)).toBe(10);
    expect(values).toEqual([10, 9, 100]);
  });
});

describe('the turns of a round', () => {
  it('begin with another one each time', () => {
    const rounds = [0, 1, 2, 3].map((round) => inTurns(['A', 'B', 'C'], round).join(''));
    expect(rounds).toEqual(['ABC', 'BCA', 'CAB', 'ABC']);
  });
});
