import { MemoryReplayStore } from './memory-replay-store.js';

describe('MemoryReplayStore', () => {
  let now: number;
  const storeOf = (maxEntries?: number) =>
    new MemoryReplayStore({ clock: () => now, ...(maxEntries !== undefined && { maxEntries }) });
  beforeEach(() => {
    now = 0;
  });

  it('R114: accepts a key once until its time is over', () => {
    const store = storeOf();
    expect([store.firstUse('a', 1000), store.firstUse('a', 1000), store.firstUse('b', 1000)]).toEqual([
      true,
      false,
      true,
    ]);
    now = 999;
    expect(store.firstUse('a', 1000)).toBe(false);
    now = 1000;
    expect(store.firstUse('a', 1000)).toBe(true);
    now = 1999;
    expect(store.firstUse('a', 1000)).toBe(false);
  });

  it('R114: fails when it is full instead of forgetting a use that has not expired', () => {
    const store = storeOf(2);
    store.firstUse('a', 1000);
    store.firstUse('b', 5000);
    expect(() => store.firstUse('c', 1000)).toThrow('the store is full (2 uses)');
    expect(store.firstUse('a', 1000)).toBe(false);
    now = 1000;
    expect(store.firstUse('c', 1000)).toBe(true);
  });

  it('makes room by removing expired uses behind others, searching once a second', () => {
    const store = storeOf(3);
    store.firstUse('long', 60_000);
    store.firstUse('short', 100);
    store.firstUse('shorter', 50);
    now = 100;
    expect(store.firstUse('d', 60_000)).toBe(true);
    expect(store.firstUse('e', 200)).toBe(true);
    now = 400;
    expect(() => store.firstUse('f', 100)).toThrow('the store is full');
    now = 1100;
    expect(store.firstUse('f', 100)).toBe(true);
  });
});
