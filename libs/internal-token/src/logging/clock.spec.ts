import { jest } from '@jest/globals';
import { performance } from 'node:perf_hooks';
import { monotonicNow, preciseNow, toWallClock } from './clock.js';

describe('The clock of log lines', () => {
  afterEach(() => jest.restoreAllMocks());

  it.each([
    ['ahead', 3_600_000],
    ['a little ahead', 7],
    ['a little behind', -7],
    ['behind', -3_600_000],
  ])('stays within a millisecond of the wall clock when that is set %s', (_, by) => {
    const wall = Date.now() + by;
    jest.spyOn(Date, 'now').mockReturnValue(wall);
    jest.spyOn(performance, 'now').mockReturnValue(performance.now());
    expect(preciseNow()).toBeGreaterThanOrEqual(wall);
    expect(preciseNow()).toBeLessThanOrEqual(wall + 1);
  });

  it('has a finer resolution than the wall clock', () => {
    const times = Array.from({ length: 200 }, preciseNow);
    expect(new Set(times).size).toBeGreaterThan(new Set(times.map(Math.floor)).size);
  });

  it('keeps the distance between past moments when the wall clock is set', () => {
    const moment = monotonicNow();
    jest.spyOn(performance, 'now').mockReturnValue(performance.now());
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
    expect(toWallClock(moment + 12.5) - toWallClock(moment)).toBeCloseTo(12.5, 2);
  });
});
