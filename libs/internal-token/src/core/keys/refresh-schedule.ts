import type { Clock } from './clock.js';

/** Random share of each pause, so that replicas that started together drift apart. */
const JITTER = 0.1;
const FIRST_RETRY_MS = 250;
/** Shorter until the first success, since the service is not ready before it. */
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
 * Decides when the keys are loaded next: after a success within the interval, after failures with growing pauses.
 * Loads that others started count too.
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
   * The pause is counted from the start of the load and is never longer than the interval. So a key withdrawn at the
   * source is gone here within the interval plus the time of one load.
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
    // The exponent is bounded: a long outage would overflow to Infinity.
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
