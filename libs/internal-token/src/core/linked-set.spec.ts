import { inspect } from 'node:util';
import { LinkedSet } from './linked-set.js';

const items = (...names: string[]) => names.map((name) => ({ name }));
const namesIn = (set: LinkedSet<{ name: string }>) => Array.from(set, ({ name }) => name);

describe('LinkedSet', () => {
  it('holds each item once, in the order in which they came', () => {
    const set = new LinkedSet<{ name: string }>();
    const [a, b, c] = items('a', 'b', 'c') as [{ name: string }, { name: string }, { name: string }];
    for (const item of [a, b, a, c]) set.add(item);
    expect([namesIn(set), set.size, set.has(b)]).toEqual([['a', 'b', 'c'], 3, true]);
    expect([set.delete(b), set.delete(b), set.has(b), set.size]).toEqual([true, false, false, 2]);
    set.add(b);
    expect(namesIn(set)).toEqual(['a', 'c', 'b']);
  });

  it('goes on when items are deleted or added meanwhile', () => {
    const set = new LinkedSet<{ name: string }>();
    const [a, b, c] = items('a', 'b', 'c') as [{ name: string }, { name: string }, { name: string }];
    for (const item of [a, b, c]) set.add(item);
    const seen: string[] = [];
    for (const item of set) {
      seen.push(item.name);
      set.delete(item);
      if (item === a) set.delete(b);
      if (item === c) set.add({ name: 'd' });
    }
    expect(seen).toEqual(['a', 'c', 'd']);
    expect(set.size).toBe(0);
  });

  it('lets an item be in two sets', () => {
    const [one, two] = [new LinkedSet<{ name: string }>(), new LinkedSet<{ name: string }>()];
    const [a] = items('a') as [{ name: string }];
    one.add(a);
    two.add(a);
    one.delete(a);
    expect([namesIn(one), namesIn(two)]).toEqual([[], ['a']]);
  });

  it('shows none of it where an item is printed', () => {
    const set = new LinkedSet<{ name: string }>();
    const [a, b] = items('a', 'secret') as [{ name: string }, { name: string }];
    set.add(a);
    set.add(b);
    expect(inspect(a, { depth: 9 }) + JSON.stringify(a)).not.toContain('secret');
  });
});
