import { option } from '../core/index.js';
import type { SpanRecord } from '../nest/index.js';
import type { Kept } from './log-line.js';
import { isFailure } from './span-line.js';

/** For how many requests span lines are written, in a system too busy for all of them. */
export interface SamplingOptions {
  /** The share of requests whose span lines are always written, 0 to 1. Configure the same in every process. */
  readonly rate: number;
  /** Milliseconds from which a span counts as slow; its request is then always written. Default 1000. */
  readonly slowMs?: number;
}

/** The number of hexadecimal digits of an id that are compared: 56 bits. */
const DIGITS = 14;
const RANGE = 2 ** 56;
/** Greater than any hexadecimal digit. */
const BEYOND = 'g';
/** A day: no request lasts longer. */
const LONGEST_MS = 86_400_000;

/** The checks of {@link SamplingOptions}. */
export const SAMPLING_CHECKS = {
  rate: option.check<number>(
    'a share of requests from 0 to 1',
    (given) => typeof given === 'number' && given >= 0 && given <= 1,
  ),
  slowMs: option.withDefault(1_000, option.amount(0, LONGEST_MS, 'milliseconds')),
} satisfies option.ChecksOf<SamplingOptions>;

/**
 * Decides by the id of a request whether its span lines are written. So all processes agree without asking each other,
 * and a request that is kept at a low rate is kept at every higher one. The rule is OpenTelemetry's consistent
 * probability sampling, with the last 56 bits of the id as randomness, so samplers that follow it decide the same. Not
 * all do: the JavaScript SDK's `TraceIdRatioBasedSampler` has its own rule.
 */
export class Sampling {
  readonly slowMs: number;
  /** Compared as text, which for digits of equal length is the numeric order and saves parsing a number per line. */
  readonly #threshold: string;

  constructor({ rate, slowMs = 1_000 }: SamplingOptions) {
    this.slowMs = slowMs;
    const rejected = Math.round((1 - rate) * RANGE);
    this.#threshold = rejected < RANGE ? rejected.toString(16).padStart(DIGITS, '0') : BEYOND;
  }

  /** @param traceId 32 lower-case hexadecimal digits */
  includes(traceId: string): boolean {
    return traceId.slice(-DIGITS) >= this.#threshold;
  }

  /** Why the request of this span must be written although sampling leaves it out; undefined for no reason. */
  reasonToKeep(record: SpanRecord): Kept | undefined {
    if (isFailure(record)) return 'error';
    return record.durationMs >= this.slowMs ? 'slow' : undefined;
  }
}
