import { InternalTokenError } from '../errors.js';
import { requireDuration } from '../settings.js';
import type { Clock } from './clock.js';
import type { KeySource } from './key-source.js';

/** Default limit for keys that are fetched, in seconds. */
const DAY_SECONDS = 24 * 60 * 60;
const MONTH_SECONDS = 30 * DAY_SECONDS;

/** How long ago the source gave the keys that are held, and whether that is too long. */
export class KeyAge {
  /** Seconds; undefined for sources on this machine, which nobody in between can hold back. */
  readonly limitSeconds: number | undefined;
  readonly #clock: Clock;
  /** When the source was asked for what is held; for seeded keys, when it was then. */
  #askedAt: number | undefined;

  /** @throws InternalTokenError `configuration_invalid` for a limit that regular refreshes would not keep */
  constructor(source: KeySource, refreshSeconds: number, maxKeyAgeSeconds: number | undefined, clock: Clock) {
    const limit = requireDuration('maxKeyAgeSeconds', maxKeyAgeSeconds ?? DAY_SECONDS, 1, MONTH_SECONDS);
    if (limit < 2 * refreshSeconds) {
      throw new InternalTokenError(
        'configuration_invalid',
        `maxKeyAgeSeconds is ${limit}: give at least twice refreshSeconds (${refreshSeconds}), or one failed load ` +
          'would end the service.',
      );
    }
    this.limitSeconds = source.fixed || source.local ? undefined : limit;
    this.#clock = clock;
  }

  /** Undefined before there are keys. */
  get seconds(): number | undefined {
    return this.#askedAt === undefined ? undefined : Math.max(0, (this.#clock.now() - this.#askedAt) / 1000);
  }

  get exceeded(): boolean {
    return this.limitSeconds !== undefined && (this.seconds ?? 0) > this.limitSeconds;
  }

  /** The keys are as they were so many milliseconds ago. */
  set(ageMs: number): void {
    this.#askedAt = this.#clock.now() - ageMs;
  }
}
