/** How often unknown key ids may cause a load. */
const COOL_DOWN_MS = 30_000;
/** Loads inside the cool-down, so that a key published a moment ago is found at once; per minute and process. */
const BYPASSES = 4;
const BYPASS_WINDOW_MS = 60_000;

/** Keeps a flood of unknown key ids from becoming a flood of loads: at most six a minute. */
export class RefreshBudget {
  #lastLoad = -Infinity;
  #bypasses: number[] = [];

  /** Milliseconds of a monotonic clock. */
  constructor(private readonly clock: () => number) {}

  /** May an unknown id cause a load now? A yes inside the cool-down is taken out of the budget. */
  take(): boolean {
    const now = this.clock();
    if (now - this.#lastLoad < COOL_DOWN_MS) {
      this.#bypasses = this.#bypasses.filter((at) => now - at < BYPASS_WINDOW_MS);
      if (this.#bypasses.length >= BYPASSES) return false;
      this.#bypasses.push(now);
    }
    return true;
  }

  /** Every load, whatever its reason, begins a cool-down. */
  noteLoad(): void {
    this.#lastLoad = this.clock();
  }
}
