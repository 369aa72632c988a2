import { RecentMap } from './recent-map.js';

describe('RecentMap', () => {
  it('gives back what was set', () => {
    const map = new RecentMap<string, number>(2);
    map.set('a', 1);
    expect([map.get('a'), map.get('b')]).toEqual([1, undefined]);
  });

  it('keeps what is asked for, and forgets the rest', () => {
    const map = new RecentMap<string, number>(4);
    map.set('frequent', 0);
    map.set('once', 0);
    for (let index = 0; index < 100; index++) {
      map.set(`rare ${index}`, index);
      expect(map.get('frequent')).toBe(0);
    }
    expect([map.get('once'), map.get('rare 0')]).toEqual([undefined, undefined]);
  });

  it('is bounded', () => {
    const map = new RecentMap<number, number>(10);
    for (let index = 0; index < 1_000; index++) map.set(index, index);
    const held = Array.from({ length: 1_000 }, (_, index) => map.get(index)).filter((value) => value !== undefined);
    expect(held.length).toBeLessThanOrEqual(20);
  });
});
