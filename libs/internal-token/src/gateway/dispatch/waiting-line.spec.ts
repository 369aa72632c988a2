import { type Waiting, WaitingLine } from './waiting-line.js';

describe('WaitingLine', () => {
  let inside: string[];
  let line: WaitingLine;
  const request = (name: string): Waiting => ({ onPlace: () => void inside.push(name) });
  const [a, b, c, d, e, f] = ['a', 'b', 'c', 'd', 'e', 'f'].map(request) as [Waiting, ...Waiting[]] & Waiting[];
  const enter = (...requests: (Waiting | undefined)[]): boolean[] => requests.map((one) => line.enter(one as Waiting));
  const leave = (...requests: (Waiting | undefined)[]): void => requests.forEach((one) => line.leave(one as Waiting));
  beforeEach(() => {
    inside = [];
    line = new WaitingLine(2, 2);
  });

  it('R169: admits as many as there are places, then the next in order for each one that leaves', () => {
    enter(a, b, c, d);
    expect(inside).toEqual(['a', 'b']);
    leave(b);
    expect(inside).toEqual(['a', 'b', 'c']);
    leave(a, c);
    expect(inside).toEqual(['a', 'b', 'c', 'd']);
  });

  it('R169: has a limited length, and has room again when a waiting request gives up', () => {
    expect(enter(a, b, c, d, e)).toEqual([true, true, true, true, false]);
    leave(c);
    expect(enter(f)).toEqual([true]);
    expect(inside).toEqual(['a', 'b']);
  });

  it('counts only the first time that a request leaves', () => {
    enter(a, b, c, d);
    leave(a, a, a);
    expect(inside).toEqual(['a', 'b', 'c']);
  });

  it('without room for waiting, admits only what finds a place', () => {
    line = new WaitingLine(1, 0);
    expect(enter(a, b)).toEqual([true, false]);
    leave(a);
    expect(enter(c)).toEqual([true]);
  });

  it('passes many requests that leave in their own turn, without nesting calls', () => {
    line = new WaitingLine(1, 50_000);
    enter(a);
    let passed = 0;
    for (let index = 0; index < 50_000; index++) {
      const passing = {
        onPlace: () => {
          passed++;
          line.leave(passing);
        },
      };
      line.enter(passing);
    }
    leave(a);
    expect(passed).toBe(50_000);
  });
});
