import { jest } from '@jest/globals';
import { holdTimers } from '../../../../../test/support/held-timers.js';
import { IdleWatch, type Watched } from './idle-watch.js';

const TIMEOUT_MS = 1_000;

describe('IdleWatch', () => {
  let watch: IdleWatch;
  let idle: string[];
  const watched = (name: string): Watched => ({
    activeAt: 0,
    onIdle() {
      idle.push(name);
      watch.remove(this);
    },
  });
  const wait = (ms: number) => jest.advanceTimersByTime(ms);
  beforeEach(() => {
    holdTimers();
    idle = [];
    watch = new IdleWatch(TIMEOUT_MS);
  });
  afterEach(() => {
    watch.close();
    jest.useRealTimers();
  });

  it('R113a: reports what has been idle for the whole time-out, and not earlier', () => {
    watch.add(watched('a'));
    wait(TIMEOUT_MS - 1);
    expect(idle).toEqual([]);
    wait(1);
    expect(idle).toEqual(['a']);
  });

  it('R113a: counts from the last activity, and is late by a hundredth at most', () => {
    const [a, b] = [watched('a'), watched('b')];
    watch.add(a);
    wait(995);
    watch.add(b);
    watch.touch(a);
    wait(TIMEOUT_MS - 1);
    expect(idle).toEqual([]);
    wait(1 + TIMEOUT_MS / 100);
    expect(idle).toEqual(['a', 'b']);
  });

  it('reports again what has touched the watch instead of ending', () => {
    const patient: Watched = {
      activeAt: 0,
      onIdle() {
        idle.push('again');
        watch.touch(this);
      },
    };
    watch.add(patient);
    wait(3 * TIMEOUT_MS);
    expect(idle).toEqual(['again', 'again', 'again']);
  });

  it('does not report what has ended', () => {
    const [a, b] = [watched('a'), watched('b')];
    for (const one of [a, b]) watch.add(one);
    watch.remove(a);
    wait(TIMEOUT_MS);
    expect(idle).toEqual(['b']);
  });

  it('has one timer for all, and none when there is nothing to watch', () => {
    for (let index = 0; index < 1_000; index++) {
      const one = watched('');
      watch.add(one);
      watch.remove(one);
    }
    expect(jest.getTimerCount()).toBe(1);
    wait(TIMEOUT_MS);
    expect(jest.getTimerCount()).toBe(0);
    watch.add(watched('later'));
    wait(TIMEOUT_MS);
    expect(idle).toEqual(['later']);
  });
});
