import { LinkedSet } from '../../core/index.js';

/** Something that must not be idle for long. */
export interface Watched {
  /** When it last did something; written by the watch. */
  activeAt: number;
  /** It has been idle for the whole time-out. It either ends or touches the watch again. */
  onIdle(): void;
}

/** A time-out may be late by this part of itself, and then the watch rarely has to look. */
const MOST_LATE = 0.01;

/**
 * Reports what has been idle for a time, never too early. One timer serves all: most requests end long before the first
 * look at them, so that each costs no timer, only a time stamp when something happens.
 */
export class IdleWatch {
  readonly #watched = new LinkedSet<Watched>();
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly timeoutMs: number) {}

  add(one: Watched): void {
    this.touch(one);
    this.#watched.add(one);
    this.#timer ??= this.#lookIn(this.timeoutMs);
  }

  remove(one: Watched): void {
    this.#watched.delete(one);
  }

  /** Something happened. */
  touch(one: Watched): void {
    one.activeAt = performance.now();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #lookIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    const now = performance.now();
    let oldest = Infinity;
    try {
      for (const one of this.#watched) {
        if (now - one.activeAt >= this.timeoutMs) one.onIdle();
        if (this.#watched.has(one)) oldest = Math.min(oldest, one.activeAt);
      }
    } finally {
      const wait = Math.max(Math.ceil(oldest + this.timeoutMs - now), this.timeoutMs * MOST_LATE);
      this.#timer = this.#watched.size === 0 ? undefined : this.#lookIn(wait);
    }
  }
}
