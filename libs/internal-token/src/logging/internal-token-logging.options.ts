import { option, OptionPath } from '../core/index.js';
import type { Clock } from './clock.js';
import { SAMPLING_CHECKS, type SamplingOptions } from './sampling.js';
import type { IdentityField } from './span-line.js';

/** Options of `InternalTokenLoggingModule.forRoot()`. */
export interface InternalTokenLoggingOptions {
  /** Milliseconds after which a span that is still open gets its `inflight` line. Default 1000. */
  readonly inflightAfterMs?: number;
  /** The facts about the user on the end lines of requests: `sub`, `tenant`. Default: none. */
  readonly identity?: readonly IdentityField[];
  /** For busy systems: writes the span lines of a share of requests, and of failed and slow ones. Default: all. */
  readonly sampling?: SamplingOptions;
  /**
   * Route patterns, such as `/health/live`, whose requests are logged at debug level unless they fail. Not being ready
   * (503 without an error), as a probe may answer, is not a failure. Default: none.
   */
  readonly quietRoutes?: readonly string[];
  /** The clock for the age of spans and the time of their lines. Default: the clocks of the process. */
  readonly clock?: Clock;
}

/** Timers that wait longer do not wait at all. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const path = option.check<string>(
  'a path, such as "/health/live"',
  (given) => typeof given === 'string' && given.startsWith('/'),
);

const checkOptions = option.group({
  inflightAfterMs: option.withDefault(1_000, option.amount(1, LONGEST_TIMER_MS, 'milliseconds')),
  identity: option.withDefault<readonly IdentityField[]>(
    Object.freeze([]),
    option.listOf('fields', option.oneOf('sub', 'tenant')),
  ),
  sampling: option.optional(option.group(SAMPLING_CHECKS)),
  quietRoutes: option.withDefault<readonly string[]>(Object.freeze([]), option.listOf('paths', path)),
  clock: option.optional(option.callback<Clock>()),
} satisfies option.ChecksOf<InternalTokenLoggingOptions>);

/** {@link InternalTokenLoggingOptions}, checked, complete and frozen. */
export type ResolvedLoggingOptions = ReturnType<typeof checkOptions>;

/** @throws InternalTokenError `configuration_invalid`, naming the option */
export function resolveLoggingOptions(options: InternalTokenLoggingOptions): ResolvedLoggingOptions {
  return checkOptions(options, new OptionPath('InternalTokenLoggingModule'));
}
