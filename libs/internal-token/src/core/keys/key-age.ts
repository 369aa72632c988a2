import { amount, OptionPath } from '../options/index.js';
import type { Clock } from './clock.js';
import type { KeySource } from './key-source.js';

/** Default age limit of fetched keys, in seconds. */
const DAY_SECONDS = 24 * 60 * 60;
const maxAge = amount(1, 30 * DAY_SECONDS, 'seconds');

/** How long ago the source returned the current keys, and whether that is too long. */
export class KeyAge {
  /** Seconds; undefined for sources on this machine, since nobody in between can withhold their changes. */
  readonly limitSeconds: number | undefined;
  readonly #clock: Clock;
  /** When the source was asked for the current keys; for seeded keys, before they were written to the seed. */
  #askedAt: number | undefined;

  /** @throws InternalTokenError `configuration_invalid` for a limit too short for the regular refreshes */
  constructor(source: KeySource, refreshSeconds: number, maxKeyAgeSeconds: number | undefined, clock: Clock) {
    const at = new OptionPath('KeyStore', 'maxKeyAgeSeconds');
    const limit = maxAge(maxKeyAgeSeconds ?? DAY_SECONDS, at);
    if (limit < 2 * refreshSeconds) {
      throw at.mustBe(
        `at least twice "refreshSeconds" (${refreshSeconds}), or one failed load fails every token`,
        limit,
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

  /** Records that the source returned the current keys `ageMs` milliseconds ago. */
  set(ageMs: number): void {
    this.#askedAt = this.#clock.now() - ageMs;
  }
}
