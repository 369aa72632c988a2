import { option, OptionPath } from '../../core/index.js';

/** How keys are rotated, in seconds. Defaults follow from the token lifetime and the refresh interval. */
export interface RotationPolicy {
  /** How often a new key becomes active. Default: never; rotate with `nestjs-internal-token keys rotate`. */
  readonly rotateEverySeconds?: number;
  /**
   * Time between the publication of a key and its first signature. Default: the shortest safe time, 345 for a refresh
   * interval of 300.
   */
  readonly publishAheadSeconds?: number;
  /** Time between the last signature of a key and its removal. Default: the shortest safe time, 75 for 60 s tokens. */
  readonly retireAfterSeconds?: number;
  /** The refresh interval of the slowest verifier. Default 300. */
  readonly refreshIntervalSeconds?: number;
  /** How much the clocks of replicas and verifiers may differ. Default 5. */
  readonly leewaySeconds?: number;
}

/** A complete {@link RotationPolicy} that was checked to be safe. */
export interface SafeRotationPolicy extends Required<Omit<RotationPolicy, 'rotateEverySeconds'>> {
  readonly rotateEverySeconds: number | undefined;
  /** How often each replica polls for changes. */
  readonly pollSeconds: number;
}

const AT = new OptionPath('KeyRing', 'rotation');
const A_YEAR = 366 * 86_400;
const seconds = option.amount(0.001, A_YEAR, 'seconds');

const checkPolicy = option.group({
  rotateEverySeconds: option.optional(seconds),
  publishAheadSeconds: option.optional(seconds),
  retireAfterSeconds: option.optional(seconds),
  refreshIntervalSeconds: option.withDefault(300, seconds),
  leewaySeconds: option.withDefault(5, option.amount(0, A_YEAR, 'seconds')),
} satisfies option.ChecksOf<RotationPolicy>);

/** Verifiers accept 64 keys; this leaves room for emergency keys. */
const MOST_KEYS = 32;

/**
 * Completes a policy and checks that it is safe.
 * @throws InternalTokenError `configuration_invalid` if keys would not overlap long enough; the message has the numbers
 */
export function safeRotationPolicy(policy: RotationPolicy, lifetimeSeconds: number): SafeRotationPolicy {
  const checked = checkPolicy(policy, AT);
  const { refreshIntervalSeconds, leewaySeconds, rotateEverySeconds } = checked;
  // Short compared to the refresh interval; a watched directory reports changes sooner anyway.
  const pollSeconds = Math.min(5, Math.max(0.05, refreshIntervalSeconds / 60));
  // Verifiers vary their refreshes by 10 %. One poll is for other replicas to publish the key, one for its transfer.
  // A replica whose clock is ahead begins to sign earlier by that difference.
  const learntAfter = roundUp(refreshIntervalSeconds * 1.1 + 2 * pollSeconds + leewaySeconds);
  const lastAccepted = lifetimeSeconds + leewaySeconds;

  const publishAheadSeconds = checked.publishAheadSeconds ?? learntAfter;
  const retireAfterSeconds = checked.retireAfterSeconds ?? roundUp(lastAccepted + 2 * pollSeconds);
  if (publishAheadSeconds < learntAfter) {
    throw AT.member('publishAheadSeconds').refused(
      `is ${publishAheadSeconds}, but verifiers that refresh every ${refreshIntervalSeconds} s ` +
        `may not know a new key until ${learntAfter} s later, with clocks that differ by ${leewaySeconds} s ` +
        `(leewaySeconds): give at least ${learntAfter}, or make verifiers refresh more often`,
    );
  }
  if (retireAfterSeconds < lastAccepted) {
    throw AT.member('retireAfterSeconds').refused(
      `is ${retireAfterSeconds}, but a token of ${lifetimeSeconds} s is accepted for ` +
        `${lastAccepted} s with a leeway of ${leewaySeconds} s: give at least ${lastAccepted}, or shorten the lifetime`,
    );
  }
  if (rotateEverySeconds !== undefined) checkPace(rotateEverySeconds, publishAheadSeconds, retireAfterSeconds);
  return Object.freeze({
    rotateEverySeconds,
    publishAheadSeconds,
    retireAfterSeconds,
    refreshIntervalSeconds,
    leewaySeconds,
    pollSeconds,
  });
}

function checkPace(rotateEvery: number, publishAhead: number, retireAfter: number): void {
  if (rotateEvery < publishAhead) {
    throw AT.member('rotateEverySeconds').refused(
      `is ${rotateEvery}, less than the ${publishAhead} s for which a key is published before it ` +
        `signs: give at least ${publishAhead}`,
    );
  }
  const atOnce = 2 + Math.ceil(retireAfter / rotateEvery);
  if (atOnce > MOST_KEYS) {
    throw AT.member('rotateEverySeconds').refused(
      `is ${rotateEvery}: with keys that retire after ${retireAfter} s there would be ${atOnce} keys ` +
        `at a time, but at most ${MOST_KEYS} are allowed: rotate less often`,
    );
  }
}

function roundUp(value: number): number {
  // Round to whole seconds, or to tenths for short times.
  return value > 10 ? Math.ceil(value - 1e-9) : Math.ceil(value * 10 - 1e-9) / 10;
}
