import type { SpanRecord } from '../nest/index.js';
import { invalidOption } from './invalid-option.js';
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
const KNOWN = 'give an object with rate and slowMs';

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

  /** @throws InternalTokenError `configuration_invalid` */
  constructor(options: SamplingOptions) {
    if (typeof options !== 'object' || options === null) throw invalidOption('sampling', options, KNOWN);
    const { rate, slowMs = 1_000, ...others } = options;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw invalidOption(`sampling.${unknown}`, 'not known', KNOWN);
    if (!(typeof rate === 'number' && rate >= 0 && rate <= 1))
      throw invalidOption('sampling.rate', rate, 'give a share from 0 to 1');
    if (!(Number.isFinite(slowMs) && slowMs >= 0)) throw invalidOption('sampling.slowMs', slowMs, 'give milliseconds');
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
