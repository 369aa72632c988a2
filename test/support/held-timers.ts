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
 * From now on no time-out strikes unless the test lets time pass (`jest.advanceTimersByTime`), while the network goes on
 * as ever: what a test waits for comes before the time-out that it is about, on however slow a machine. Ends with
 * `jest.useRealTimers()`.
 * @param also `performance`, where code measures what has passed
 */
export function holdTimers(also?: 'performance'): void {
  jest.useFakeTimers({ doNotFake: also === undefined ? [...REAL, 'performance'] : [...REAL] });
}
