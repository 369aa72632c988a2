import { timesOf } from './profile-times.mjs';

const frame = (functionName: string, url = '', lineNumber = 0): object => ({ functionName, url, lineNumber });
const OURS = 'file:///somewhere/dist/packages/internal-token/dist/gateway/dispatch/forward.js';

// (root) → forward → emit → writev, and (root) → (idle)
const times = timesOf({
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 5] },
    { id: 2, callFrame: frame('forward', OURS, 11), children: [3] },
    { id: 3, callFrame: frame('emit', 'node:internal/events'), children: [4] },
    { id: 4, callFrame: frame('writev') },
    { id: 5, callFrame: frame('(idle)') },
  ],
  samples: [2, 3, 4, 4, 5],
  timeDeltas: [100, 200, 300, 400, 5_000],
});

describe('the times of a profile', () => {
  it('are shares of the time that is not idle, by function', () => {
    expect(times.functions).toMatchObject([
      { name: 'writev', own: 0.7 },
      { name: 'emit  node:internal/events:1', own: 0.2 },
      { name: 'forward  gateway/dispatch/forward.js:12', own: 0.1 },
    ]);
  });

  it('count native functions in the room of their callers', () => {
    expect(times.rooms).toEqual([
      { name: 'node:events', own: expect.closeTo(0.9), total: expect.closeTo(0.9) },
      { name: 'ours: gateway', own: 0.1, total: 1 },
    ]);
  });
});
