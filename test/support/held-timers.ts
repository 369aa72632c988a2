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
 * Holds every time-out, and the clock that measures elapsed time, until the test advances time
 * (`jest.advanceTimersByTime`), while the network works as usual: on however slow a machine, what a test waits for arrives
 * before the time-out under test. Ends with `jest.useRealTimers()`.
 */
export function holdTimers(): void {
  jest.useFakeTimers({ doNotFake: [...REAL] });
}
