import { InternalTokenError } from '../../core/index.js';

/** How keys change. All in seconds; what is left out follows from how long tokens live and verifiers wait. */
export interface RotationPolicy {
  /** A new key signs this often. Without it keys change only when somebody says so (`nestjs-internal-token keys rotate`). */
  readonly rotateEverySeconds?: number;
  /** Between the publication of a key and its first signature. Default: as short as is safe, 345 for 300 s. */
  readonly publishAheadSeconds?: number;
  /** Between the last signature of a key and its removal. Default: as short as is safe, 75 for tokens of 60 s. */
  readonly retireAfterSeconds?: number;
  /** How long the slowest verifier waits between two refreshes of the key set. Default 300. */
  readonly refreshIntervalSeconds?: number;
  /** By how much clocks may differ, of replicas among each other and of verifiers. Default 5. */
  readonly leewaySeconds?: number;
}

/** A {@link RotationPolicy} without gaps, found safe. */
export interface SafeRotationPolicy extends Required<Omit<RotationPolicy, 'rotateEverySeconds'>> {
  readonly rotateEverySeconds: number | undefined;
  /** How often each replica looks for changes. */
  readonly pollSeconds: number;
}

const NAMES = [
  'rotateEverySeconds',
  'publishAheadSeconds',
  'retireAfterSeconds',
  'refreshIntervalSeconds',
  'leewaySeconds',
];
const A_YEAR = 366 * 86_400;
/** A verifier takes 64; beside ours, room for those of an emergency. */
const MOST_KEYS = 32;

/**
 * @throws InternalTokenError `configuration_invalid` where the overlaps cannot cover the lifetimes; it names the numbers
 */
export function safeRotationPolicy(policy: RotationPolicy, lifetimeSeconds: number): SafeRotationPolicy {
  checkNames(policy);
  const refreshIntervalSeconds = seconds(policy, 'refreshIntervalSeconds', 300);
  const leewaySeconds = seconds(policy, 'leewaySeconds', 5);
  // Often enough not to matter beside the refresh interval; a watched directory tells of itself anyway.
  const pollSeconds = Math.min(5, Math.max(0.05, refreshIntervalSeconds / 60));
  // Verifiers spread their refreshes by 10 %; one poll for the other replicas to publish the key, one for its way.
  // A replica whose clock is ahead begins to sign that much earlier than the others planned.
  const learntAfter = roundUp(refreshIntervalSeconds * 1.1 + 2 * pollSeconds + leewaySeconds);
  const lastAccepted = lifetimeSeconds + leewaySeconds;

  const publishAheadSeconds = seconds(policy, 'publishAheadSeconds', learntAfter);
  const retireAfterSeconds = seconds(policy, 'retireAfterSeconds', roundUp(lastAccepted + 2 * pollSeconds));
  if (publishAheadSeconds < learntAfter) {
    throw invalid(
      `publishAheadSeconds is ${publishAheadSeconds}, but verifiers that refresh every ${refreshIntervalSeconds} s ` +
        `know a new key after up to ${learntAfter} s, with clocks that differ by ${leewaySeconds} s (leewaySeconds): ` +
        `give at least ${learntAfter}, or let them refresh more often.`,
    );
  }
  if (retireAfterSeconds < lastAccepted) {
    throw invalid(
      `retireAfterSeconds is ${retireAfterSeconds}, but a token of ${lifetimeSeconds} s is accepted for ` +
        `${lastAccepted} s with a leeway of ${leewaySeconds} s: give at least ${lastAccepted}, or shorten the lifetime.`,
    );
  }
  const rotateEverySeconds =
    policy.rotateEverySeconds === undefined ? undefined : seconds(policy, 'rotateEverySeconds', 0);
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
    throw invalid(
      `rotateEverySeconds is ${rotateEvery}, less than the ${publishAhead} s for which a key is published before it ` +
        `signs: give at least ${publishAhead}.`,
    );
  }
  const atOnce = 2 + Math.ceil(retireAfter / rotateEvery);
  if (atOnce > MOST_KEYS) {
    throw invalid(
      `rotateEverySeconds is ${rotateEvery}; keys that retire after ${retireAfter} s would be ${atOnce} at a time, ` +
        `${MOST_KEYS} are allowed: rotate less often.`,
    );
  }
}

function checkNames(policy: RotationPolicy): void {
  const unknown = Object.keys(policy).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw invalid(`there is no "${unknown}"; there are ${NAMES.join(', ')}.`);
}

function seconds(policy: RotationPolicy, name: keyof RotationPolicy, fallback: number): number {
  const value: unknown = policy[name] ?? fallback;
  if (typeof value === 'number' && value >= 0 && value <= A_YEAR && (value > 0 || name === 'leewaySeconds'))
    return value;
  const given = typeof value === 'number' ? String(value) : typeof value;
  throw invalid(`${name} is ${given}: give seconds, more than 0 and at most a year.`);
}

function roundUp(value: number): number {
  // Whole seconds for people, tenths where everything is that short.
  return value > 10 ? Math.ceil(value - 1e-9) : Math.ceil(value * 10 - 1e-9) / 10;
}

function invalid(finding: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `key rotation: ${finding}`);
}
