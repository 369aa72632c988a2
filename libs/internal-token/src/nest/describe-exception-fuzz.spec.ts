import fc from 'fast-check';
import { describeException } from './describe-exception.js';

/** Thrown values that misbehave in every way we know. */
const HOSTILE: readonly unknown[] = [
  new Proxy(
    {},
    {
      get() {
        throw new Error('do not touch');
      },
    },
  ),
  Object.create(null),
  Object.assign(new Error('x'), { status: 200, statusCode: 99, code: '__proto__', detail: {} }),
  Object.assign(new Error('x'), { status: Number.NaN, statusCode: '404', code: 'A B', headers: { 'txn-token': 'x' } }),
  Symbol('thrown'),
  10n,
];

const shaped = fc.record(
  {
    status: fc.oneof(fc.integer(), fc.double(), fc.string()),
    statusCode: fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.anything()),
    code: fc.oneof(fc.string(), fc.anything()),
    detail: fc.oneof(fc.string(), fc.anything()),
    message: fc.oneof(fc.string(), fc.anything()),
    getStatus: fc.constant(() => {
      throw new Error('no status');
    }),
  },
  { requiredKeys: [] },
);

const expectProblem = (thrown: unknown): void => {
  const problem = describeException(thrown, 'GET /');
  expect(problem.status).toBeGreaterThanOrEqual(400);
  expect(problem.status).toBeLessThanOrEqual(599);
  expect(Number.isInteger(problem.status)).toBe(true);
  expect(problem.code).toMatch(/^[a-z][a-z0-9_.-]*$/);
  expect(Object.keys(problem)).not.toContain('stack');
  if (problem.status >= 500) expect(problem.detail).toBeUndefined();
  expect(() => JSON.stringify(problem)).not.toThrow();
};

describe('Arbitrary thrown values', () => {
  it('R85: a thrown value becomes a problem with a stable code, an error status and no internal details', () => {
    fc.assert(fc.property(fc.oneof(fc.anything(), shaped), expectProblem), { numRuns: 2000 });
    fc.assert(
      fc.property(shaped, (members) => expectProblem(Object.assign(new Error('thrown'), members))),
      { numRuns: 2000 },
    );
  });

  it('R85: a value that throws when it is read becomes a problem too', () => {
    HOSTILE.forEach(expectProblem);
  });
});
