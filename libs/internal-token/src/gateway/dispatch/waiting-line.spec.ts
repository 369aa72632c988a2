import { WaitingLine } from './waiting-line.js';

describe('WaitingLine', () => {
  let inside: string[];
  let line: WaitingLine;
  const enter = (name: string): (() => void) | undefined => line.enter(() => inside.push(name));
  beforeEach(() => {
    inside = [];
    line = new WaitingLine(2, 2);
  });

  it('R169: admits as many as there are places, then the next in order for each one that leaves', () => {
    const [a, b, c] = [enter('a'), enter('b'), enter('c'), enter('d')];
    expect(inside).toEqual(['a', 'b']);
    b?.();
    expect(inside).toEqual(['a', 'b', 'c']);
    a?.();
    c?.();
    expect(inside).toEqual(['a', 'b', 'c', 'd']);
  });

  it('R169: has a limited length, and has room again when a waiting request gives up', () => {
    const [, , c] = [enter('a'), enter('b'), enter('c'), enter('d')];
    expect(enter('e')).toBeUndefined();
    c?.();
    expect(enter('f')).toBeDefined();
    expect(inside).toEqual(['a', 'b']);
  });

  it('counts only the first time that a request leaves', () => {
    const a = enter('a');
    enter('b');
    for (const name of ['c', 'd']) enter(name);
    for (let times = 0; times < 3; times++) a?.();
    expect(inside).toEqual(['a', 'b', 'c']);
  });

  it('without room for waiting, admits only what finds a place', () => {
    line = new WaitingLine(1, 0);
    const a = enter('a');
    expect([a, enter('b')]).toEqual([expect.any(Function), undefined]);
    a?.();
    expect(enter('c')).toBeDefined();
  });

  it('passes many requests that leave in their own turn, without nesting calls', () => {
    line = new WaitingLine(1, 50_000);
    const first = enter('first');
    let passed = 0;
    for (let index = 0; index < 50_000; index++) {
      const leave = line.enter(() => {
        passed++;
        leave?.();
      });
    }
    first?.();
    expect(passed).toBe(50_000);
  });
});
