import { scale, ticks, within } from './time-scale.js';

describe('the ticks of a time axis', () => {
  it.each([
    [0, 182.64, 8, [0, 25, 50, 75, 100, 125, 150, 175]],
    [0, 4000, 5, [0, 1000, 2000, 3000, 4000]],
    [0.21, 0.4, 4, [0.25, 0.3, 0.35, 0.4]],
    [-12, 30, 5, [-10, 0, 10, 20, 30]],
  ])('are round from %d to %d, at most %i', (from, to, most, wanted) => {
    expect(ticks({ from, to }, most)).toEqual(wanted);
  });

  it('are empty without time or room', () => {
    expect(ticks({ from: 3, to: 3 }, 8)).toEqual([]);
    expect(ticks({ from: 0, to: Infinity }, 8)).toEqual([]);
    expect(ticks({ from: 0, to: 10 }, 0).length).toBeLessThanOrEqual(2);
  });
});

describe('a zoom', () => {
  const whole = { from: 0, to: 100 };

  it('stays within the trace, whichever way it was dragged', () => {
    expect(within({ from: 80, to: 20 }, whole)).toEqual({ from: 20, to: 80 });
    expect(within({ from: -50, to: 30 }, whole)).toEqual({ from: 0, to: 30 });
  });

  it('shows the whole trace rather than nothing', () => {
    expect(within({ from: 40, to: 40 }, whole)).toEqual(whole);
    expect(within({ from: 200, to: 300 }, whole)).toEqual(whole);
  });

  it('maps its ends to the ends of the picture', () => {
    const at = scale({ from: 20, to: 80 }, 600);
    expect([at(20), at(50), at(80)]).toEqual([0, 300, 600]);
    expect(scale({ from: 5, to: 5 }, 600)(5)).toBe(0);
  });
});
