/** For unknown key ids: loads in a minute, … */
const UNKNOWN_KEYS = { loads: 4, periodMs: 60_000 };
/** … and one load that they can spend but not use up: after 30 seconds there is another. */
const UNKNOWN_KEYS_SCHEDULED = { loads: 1, periodMs: 30_000 };
/** For signatures that do not fit a key that is held. */
const FAILED_SIGNATURES = { loads: 1, periodMs: 30_000 };

/**
 * Keeps a flood of bad tokens from becoming a flood of loads: six a minute for unknown key ids, two for signatures.
 * Neither can use up what the other has.
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

  /** May an unknown key id cause a load now? A yes is taken out of the budget. */
  takeForUnknownKey(): boolean {
    return this.#unknownKeysScheduled.take() || this.#unknownKeys.take();
  }

  /** The same for a signature that does not fit. */
  takeForFailedSignature(): boolean {
    return this.#failedSignatures.take();
  }
}

/** So many in any such period. */
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
