import { MemoryReplayStore } from './memory-replay-store.js';

describe('MemoryReplayStore', () => {
  let now: number;
  const storeOf = (maxEntries?: number) =>
    new MemoryReplayStore({ clock: () => now, ...(maxEntries !== undefined && { maxEntries }) });
  beforeEach(() => {
    now = 0;
  });

  it('R114: lets a key through once until its time is over', () => {
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

  it('R114: says that it is full rather than forget a use that counts', () => {
    const store = storeOf(2);
    store.firstUse('a', 1000);
    store.firstUse('b', 5000);
    expect(() => store.firstUse('c', 1000)).toThrow('no room for more than 2 uses');
    expect(store.firstUse('a', 1000)).toBe(false);
    now = 1000;
    expect(store.firstUse('c', 1000)).toBe(true);
  });

  it('makes room of dead uses behind a living one, looking for them once a second', () => {
    const store = storeOf(3);
    store.firstUse('long', 60_000);
    store.firstUse('short', 100);
    store.firstUse('shorter', 50);
    now = 100;
    expect(store.firstUse('d', 60_000)).toBe(true);
    expect(store.firstUse('e', 200)).toBe(true);
    now = 400;
    expect(() => store.firstUse('f', 100)).toThrow('no room');
    now = 1100;
    expect(store.firstUse('f', 100)).toBe(true);
  });
});
