import { constants } from 'node:os';
import { option, OptionPath } from '../../core/index.js';

/** Options of `GracefulShutdown.enable()`. */
export interface GracefulShutdownOptions {
  /**
   * How long the application serves as ever after the signal while it is no longer ready, in milliseconds: longer than
   * load balancers take to notice. Idle connections have the same time again to bring one more request. Default 5000;
   * 0 suits development, where nobody else connects.
   */
  readonly delayMs?: number;
  /** When requests and streams that are still open are broken off, in milliseconds after the signal. Default 25000. */
  readonly deadlineMs?: number;
  /** What starts it. Default `SIGTERM` and `SIGINT`. */
  readonly signals?: readonly NodeJS.Signals[];
}

const AN_HOUR_MS = 3_600_000;
const SIGNALS = Object.keys(constants.signals) as NodeJS.Signals[];

const checkOptions = option.group({
  delayMs: option.withDefault(5_000, option.wholeNumber(0, AN_HOUR_MS, 'milliseconds')),
  deadlineMs: option.withDefault(25_000, option.wholeNumber(0, AN_HOUR_MS, 'milliseconds')),
  signals: option.withDefault<readonly NodeJS.Signals[]>(
    Object.freeze(['SIGTERM', 'SIGINT'] as const),
    option.listOf(
      'signals',
      option.check('the name of a signal, such as "SIGTERM"', (given) => SIGNALS.includes(given as NodeJS.Signals)),
    ),
  ),
} satisfies option.ChecksOf<GracefulShutdownOptions>);

/** {@link GracefulShutdownOptions}, checked, complete and frozen. */
export type ResolvedGracefulShutdownOptions = ReturnType<typeof checkOptions>;

/** @throws InternalTokenError `configuration_invalid` */
export function resolveShutdownOptions(options: GracefulShutdownOptions): ResolvedGracefulShutdownOptions {
  const at = new OptionPath('GracefulShutdown.enable()');
  const resolved = checkOptions(options, at);
  const { delayMs, deadlineMs } = resolved;
  if (deadlineMs > delayMs) return resolved;
  throw at.member('deadlineMs').mustBe(`later than "delayMs" (${delayMs}), or nothing would be waited for`, deadlineMs);
}
