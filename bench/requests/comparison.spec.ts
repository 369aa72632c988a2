import { rowsOf, verdictsOf } from './comparison.mjs';

const part = {
  targets: { peer: { what: 'another' }, ours: { what: 'this library' } },
  comparedWith: ['peer'],
  measures: { scale: 1_000 },
};
// Twice the peer's in every round, of which the second was slow.
const costs = { peer: [100_000, 300_000, 110_000], ours: [200_000, 600_000, 220_000] };
const rows = rowsOf(part, costs);
const ofGate = (gate: object): object | undefined => verdictsOf('gateway', rows, [{ part: 'gateway', ...gate }])[0];

describe('the rows of a part', () => {
  it('have costs in the unit that is printed', () => {
    expect(rows).toMatchObject([
      { name: 'peer', cost: { low: 105, median: 110, high: 205 } },
      { name: 'ours', cost: { low: 210, median: 220, high: 410 } },
    ]);
  });

  it('have ratios within each round, which a slow round leaves as they are', () => {
    expect(rows[1]?.ratios).toEqual([{ to: 'peer', low: 2, median: 2, high: 2 }]);
  });
});

describe('a gate', () => {
  it('is passed by a ratio that does not exceed it', () => {
    expect(ofGate({ to: 'peer', gate: 2, goal: 1.9 })).toMatchObject({ passed: true, reached: false });
    expect(ofGate({ to: 'peer', gate: 1.99, goal: 1 })).toMatchObject({ passed: false, reached: false });
  });

  it('that is only a goal is neither passed nor failed', () => {
    expect(ofGate({ to: 'peer', goal: 2 })).toMatchObject({ passed: undefined, reached: true });
  });

  it('of another part is not asked', () => {
    expect(verdictsOf('gateway', rows, [{ part: 'service', to: 'peer', goal: 1 }])).toEqual([]);
  });
});
