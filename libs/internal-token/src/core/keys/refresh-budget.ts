/** Loads for unknown key ids: a burst of four a minute … */
const UNKNOWN_KEYS = { loads: 4, periodMs: 60_000 };
/** … and one every 30 seconds that a burst cannot use up in advance. */
const UNKNOWN_KEYS_SCHEDULED = { loads: 1, periodMs: 30_000 };
/** Loads for signatures that do not match the current key. */
const FAILED_SIGNATURES = { loads: 1, periodMs: 30_000 };

/**
 * Keeps a flood of bad tokens from becoming a flood of loads: at most six a minute for unknown key ids and two for bad
 * signatures. The two budgets are independent.
 */
export class RefreshBudget {
  readonly #unknownKeys: Allowance;
  readonly #unknownKeysScheduled: Allowance;
  readonly #failedSignatures: Allowance;

  /** @param clock milliseconds of a monotonic clock */
  constructor(clock: () => number) {
    this.#unknownKeys = new Allowance(UNKNOWN_KEYS, clock);
    this.#unknownKeysScheduled = new Allowance(UNKNOWN_KEYS_SCHEDULED, clock);
    this.#failedSignatures = new Allowance(FAILED_SIGNATURES, clock);
  }

  /** True if an unknown key id may cause a load now; that load is then spent. */
  takeForUnknownKey(): boolean {
    return this.#unknownKeysScheduled.take() || this.#unknownKeys.take();
  }

  /** The same for a bad signature. */
  takeForFailedSignature(): boolean {
    return this.#failedSignatures.take();
  }
}

/** At most `loads` in any period of `periodMs`. */
class Allowance {
  #taken: number[] = [];

  constructor(
    private readonly limit: { readonly loads: number; readonly periodMs: number },
    private readonly clock: () => number,
  ) {}

  take(): boolean {
    const now = this.clock();
    this.#taken = this.#taken.filter((at) => now - at < this.limit.periodMs);
    if (this.#taken.length >= this.limit.loads) return false;
    this.#taken.push(now);
    return true;
  }
}
