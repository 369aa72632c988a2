import { jest } from '@jest/globals';
import { performance } from 'node:perf_hooks';
import { monotonicNow, preciseNow, toWallClock } from './clock.js';

describe('the clock of log lines', () => {
  afterEach(() => jest.restoreAllMocks());

  it.each([
    ['ahead', 3_600_000],
    ['a little ahead', 7],
    ['a little behind', -7],
    ['behind', -3_600_000],
  ])('tells a time within the millisecond of the wall clock, be that set %s', (_, by) => {
    const wall = Date.now() + by;
    jest.spyOn(Date, 'now').mockReturnValue(wall);
    jest.spyOn(performance, 'now').mockReturnValue(performance.now());
    expect(preciseNow()).toBeGreaterThanOrEqual(wall);
    expect(preciseNow()).toBeLessThanOrEqual(wall + 1);
  });

  it('tells more than the wall clock does', () => {
    const times = Array.from({ length: 200 }, preciseNow);
    expect(new Set(times).size).toBeGreaterThan(new Set(times.map(Math.floor)).size);
  });

  it('tells moments that have passed as far apart as they were', () => {
    const moment = monotonicNow();
    jest.spyOn(performance, 'now').mockReturnValue(performance.now());
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
    expect(toWallClock(moment + 12.5) - toWallClock(moment)).toBeCloseTo(12.5, 2);
  });
});
