import { jest } from '@jest/globals';

const REAL = [
  'Date',
  'hrtime',
  'nextTick',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
] as const;

/**
 * Holds every time-out until the test advances time (`jest.advanceTimersByTime`), while the network works as usual: on
 * however slow a machine, what a test waits for arrives before the time-out under test. Ends with `jest.useRealTimers()`.
 * @param also `performance`, for code that measures elapsed time
 */
export function holdTimers(also?: 'performance'): void {
  jest.useFakeTimers({ doNotFake: also === undefined ? [...REAL, 'performance'] : [...REAL] });
}
