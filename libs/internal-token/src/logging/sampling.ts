import type { SpanRecord } from '../nest/index.js';
import { invalidOption } from './invalid-option.js';
import type { Kept } from './log-line.js';
import { isFailure } from './span-line.js';

/** How many requests leave their span lines, in a system too busy for all. */
export interface SamplingOptions {
  /** The share of requests whose span lines are always written: 0 to 1. The same in every process. */
  readonly rate: number;
  /** Milliseconds from which on a span is slow, and its request is written whatever the rate. Default 1000. */
  readonly slowMs?: number;
}

/** Hexadecimal digits of an id that are compared: 56 bits of it. */
const DIGITS = 14;
const RANGE = 2 ** 56;
/** Greater than any hexadecimal digit. */
const BEYOND = 'g';
const KNOWN = 'give an object with rate and slowMs';

/**
 * Whether a request's span lines are written, told by its id alone: each process says the same without asking another,
 * and what is kept at a low rate is kept at any higher one. The rule is OpenTelemetry's for consistent probability
 * sampling, with the id's last 56 bits as its randomness, so that a sampler that follows it agrees. Not all do: the
 * JavaScript SDK's `TraceIdRatioBasedSampler` has a rule of its own.
 */
export class Sampling {
  readonly slowMs: number;
  /** Compared as text: digits of one length are in the order of their numbers, and no number is made per line. */
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

  /** Why the request of this span is written although sampling leaves it out; undefined if it is not. */
  reasonToKeep(record: SpanRecord): Kept | undefined {
    if (isFailure(record)) return 'error';
    return record.durationMs >= this.slowMs ? 'slow' : undefined;
  }
}
