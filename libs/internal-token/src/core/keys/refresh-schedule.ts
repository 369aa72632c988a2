import type { Clock } from './clock.js';

/** Of the pause between two loads: replicas that started together do not stay together. */
const JITTER = 0.1;
const FIRST_RETRY_MS = 250;
/** While nothing was ever loaded somebody waits for the service to become ready. */
const LONGEST_RETRY_UNLOADED_MS = 5000;
const LONGEST_RETRY_MS = 60_000;

/** What {@link RefreshSchedule} needs. */
export interface RefreshScheduleOptions {
  readonly intervalMs: number;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly load: () => void;
}

/**
 * When the keys are loaded next: after a success within the interval, after failures soon and then less and less often.
 * Every load counts, whoever asked for it.
 */
export class RefreshSchedule {
  #failures = 0;
  #loaded = false;
  #callOff: () => void = () => undefined;

  constructor(private readonly options: RefreshScheduleOptions) {}

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Counted from the start of the load, and with the longest pause as long as the interval: what is withdrawn at the
   * source is gone here within the interval and the time that one load takes.
   */
  succeeded(startedAt: number): void {
    const { intervalMs, clock } = this.options;
    this.#failures = 0;
    this.#loaded = true;
    const pause = (intervalMs / (1 + JITTER)) * this.#jitter();
    this.#next(Math.max(0, startedAt + pause - clock.now()));
  }

  failed(): void {
    const { intervalMs } = this.options;
    const longest = this.#loaded ? Math.min(intervalMs, LONGEST_RETRY_MS) : LONGEST_RETRY_UNLOADED_MS;
    // The exponent is bounded, or an outage of a week would compute with Infinity.
    const pause = Math.min(FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 20), longest);
    this.#failures += 1;
    this.#next(pause * this.#jitter());
  }

  stop(): void {
    this.#callOff();
  }

  #jitter(): number {
    return 1 - JITTER + 2 * JITTER * this.options.random();
  }

  #next(pauseMs: number): void {
    this.#callOff();
    this.#callOff = this.options.clock.after(pauseMs, this.options.load);
  }
}
