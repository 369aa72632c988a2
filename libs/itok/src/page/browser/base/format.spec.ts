import { format } from '../../../trace/index.js';
import { fromNow, milliseconds, moment, percent, period, plural, rate, tick, tokenAge } from './format.js';

describe('numbers on the page', () => {
  it.each([0, 0.004, 0.42, 9.994, 12.34, 99.94, 182.64, 1234.5, 9_999, 12_345, -38.4])(
    'formats %d ms as the terminal does',
    (value) => {
      expect(milliseconds(value)).toBe(format.milliseconds(value));
    },
  );

  it.each([0, 0.001, 0.0994, 0.0996, 0.5, 1])('formats the share %d as the terminal does', (value) => {
    expect(percent(value)).toBe(format.percent(value));
  });

  it('have no redundant digits on an axis', () => {
    expect([0, 0.05, 12.5, 400, 1500].map(tick)).toEqual(['0', '50 µs', '12.5 ms', '400 ms', '1.5 s']);
  });

  it('agree with their nouns', () => {
    expect([plural(1, 'span'), plural(10_000, 'span')]).toEqual(['1 span', '10,000 spans']);
    expect([rate(36.333), rate(0.0212), rate(0.000864), rate(1234.56)]).toEqual([
      '36.3/s',
      '1.27/min',
      '3.11/h',
      '1,235/s',
    ]);
  });
});

describe('times on the page', () => {
  it('are whole seconds for a token, like its claims', () => {
    expect([0, 49, 1001, 59_960, -1200].map(tokenAge)).toEqual(['0.0 s', '0.0 s', '1.0 s', '60.0 s', '−1.2 s']);
  });

  it('are relative to now', () => {
    expect([43_000, -180_000, 7_200_000, -200_000_000, 400].map((distance) => fromNow(distance, 0))).toEqual([
      'in 43 s',
      '3 min ago',
      'in 2 h',
      '2 d ago',
      'now',
    ]);
  });

  it('have one unit for the total of many requests', () => {
    expect([61, 1999, 29_000, 2_315_000, 8_000_000].map(period)).toEqual([
      '61.0 ms',
      '1,999 ms',
      '29 s',
      '39 min',
      '2 h',
    ]);
  });

  it('include the day and the UTC offset', () => {
    expect(moment(Date.UTC(2026, 10, 26, 12, 0, 0, 7))).toMatch(
      /^2026-11-2\d \d\d:\d\d:\d\d\.007 UTC(?:[+−]\d\d:\d\d)?$/,
    );
    expect(moment(Number.MAX_VALUE)).toBe(String(Number.MAX_VALUE));
  });
});
