import fc from 'fast-check';
import { newTransactionId } from '../core/index.js';
import type { SpanRecord } from '../nest/index.js';
import { InternalTokenLoggingModule } from './internal-token-logging.module.js';
import { Sampling } from './sampling.js';

const id = fc.stringMatching(/^[0-9a-f]{32}$/);
const rate = fc.double({ min: 0, max: 1, noNaN: true });
const withRandomness = (hex: string) => `01a206fc9f45710a81${hex}`;

describe('Sampling', () => {
  it('keeps at a higher rate everything that it keeps at a lower one', () => {
    fc.assert(
      fc.property(id, rate, rate, (txn, one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        return !new Sampling({ rate: low }).includes(txn) || new Sampling({ rate: high }).includes(txn);
      }),
    );
  });

  it('follows consistent probability sampling: keeps an id whose last 56 bits are not below the rejection threshold', () => {
    fc.assert(
      fc.property(id, rate, (txn, share) => {
        const randomness = BigInt(`0x${txn.slice(-14)}`);
        const rejected = BigInt(Math.round((1 - share) * 2 ** 56));
        return new Sampling({ rate: share }).includes(txn) === randomness >= rejected;
      }),
    );
  });

  // Examples from the specification: OpenTelemetry's `ot=th:` thresholds for these rates.
  it.each([
    [0.5, '80000000000000'],
    [0.25, 'c0000000000000'],
    [0.125, 'e0000000000000'],
    [1, '00000000000000'],
  ])('at the rate %d, keeps ids from %s on', (share, threshold) => {
    const sampling = new Sampling({ rate: share });
    expect(sampling.includes(withRandomness(threshold))).toBe(true);
    const before = BigInt(`0x${threshold}`) - 1n;
    if (before < 0n) return;
    expect(sampling.includes(withRandomness(before.toString(16).padStart(14, '0')))).toBe(false);
  });

  it('keeps nothing at the rate 0 and everything at the rate 1', () => {
    for (const digits of ['00000000000000', 'ffffffffffffff']) {
      expect(new Sampling({ rate: 0 }).includes(withRandomness(digits))).toBe(false);
      expect(new Sampling({ rate: 1 }).includes(withRandomness(digits))).toBe(true);
    }
  });

  it('keeps about the configured share of request ids', () => {
    const ids = Array.from({ length: 20_000 }, () => newTransactionId());
    for (const share of [0.01, 0.1, 0.5]) {
      const sampling = new Sampling({ rate: share });
      const kept = ids.filter((each) => sampling.includes(each)).length;
      // Six standard deviations: a false failure once in hundreds of millions of runs.
      const tolerance = 6 * Math.sqrt(ids.length * share * (1 - share));
      expect(Math.abs(kept - ids.length * share)).toBeLessThan(tolerance);
    }
  });

  it('keeps failed and slow requests, and gives no reason to keep any other', () => {
    const sampling = new Sampling({ rate: 0, slowMs: 100 });
    const reason = (facts: Partial<SpanRecord>) =>
      sampling.reasonToKeep({ kind: 'server', status: 200, durationMs: 5, ...facts } as SpanRecord);
    expect(reason({})).toBeUndefined();
    expect(reason({ status: 404, error: new Error('none') })).toBeUndefined();
    expect(reason({ status: 'error', error: Object.assign(new Error('sold out'), { status: 409 }) })).toBeUndefined();
    expect(reason({ status: 500 })).toBe('error');
    expect(reason({ status: 503 })).toBe('error');
    expect(reason({ kind: 'internal', status: 'error', error: new Error('bug') })).toBe('error');
    expect(reason({ durationMs: 100 })).toBe('slow');
    expect(reason({ durationMs: 100, status: 500 })).toBe('error');
  });

  it.each<[unknown, ...string[]]>([
    [{ rate: 2 }, '"sampling.rate" must be a share of requests from 0 to 1, not 2'],
    [{ rate: Number.NaN }, '"sampling.rate" must be a share of requests from 0 to 1, not NaN'],
    [{ rate: '0.1' }, '"sampling.rate" must be a share of requests from 0 to 1, not "0.1"'],
    [{}, '"sampling.rate" is missing; it must be a share of requests from 0 to 1'],
    [{ rate: 0.1, slowMs: -1 }, '"sampling.slowMs" must be a number of milliseconds from 0 to 86400000, not -1'],
    [{ rate: 0.1, slow: 5 }, 'there is no option "sampling.slow"; did you mean "sampling.slowMs"?'],
    [0.1, '"sampling" must be an object (options: "rate", "slowMs"), not 0.1'],
  ])('refuses %j at set-up, naming option, value and fix', (sampling, ...words) => {
    const set = () => InternalTokenLoggingModule.forRoot({ sampling: sampling as { rate: number } });
    expect(set).toThrow(expect.objectContaining({ code: 'configuration_invalid' }));
    for (const word of words) expect(set).toThrow(word);
  });
});
