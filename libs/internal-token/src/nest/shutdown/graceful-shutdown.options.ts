import { InternalTokenError } from '../../core/index.js';

/** Options of `enableGracefulShutdown()`. */
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

export type ResolvedGracefulShutdownOptions = Required<GracefulShutdownOptions>;

const LONGEST_MS = 3_600_000;

export function resolveShutdownOptions(options: GracefulShutdownOptions): ResolvedGracefulShutdownOptions {
  const delayMs = options.delayMs ?? 5_000;
  const deadlineMs = options.deadlineMs ?? 25_000;
  for (const [name, value] of Object.entries({ delayMs, deadlineMs })) {
    if (!Number.isInteger(value) || value < 0 || value > LONGEST_MS) {
      throw invalid(`${name} is ${String(value)}: give whole milliseconds, at most ${LONGEST_MS}.`);
    }
  }
  if (deadlineMs <= delayMs) {
    throw invalid(`deadlineMs (${deadlineMs}) is not after delayMs (${delayMs}): nothing would be waited for.`);
  }
  return { delayMs, deadlineMs, signals: options.signals ?? ['SIGTERM', 'SIGINT'] };
}

function invalid(problem: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `enableGracefulShutdown: ${problem}`);
}
