import { Injectable } from '@nestjs/common';
import { ShutdownSequence } from './shutdown-sequence.js';

/**
 * How far this application is with its end. It begins by a signal, after `enableGracefulShutdown(app)`.
 *
 * ```ts
 * if (this.shutdown.begun) throw new ServiceUnavailableException(); // in a readiness probe
 * interval(1000).pipe(takeUntil(fromEvent(this.shutdown.draining, 'abort'))); // a stream of events
 * ```
 */
@Injectable()
export class GracefulShutdown {
  constructor(private readonly sequence: ShutdownSequence) {}

  /** The application was told to end. It still serves, and should be sent nothing more: a readiness probe says 503. */
  get begun(): boolean {
    return this.sequence.begun;
  }

  /**
   * Aborted when the delay is over and what is open is waited for: what would not end by itself, such as a stream of
   * events, ends here. What goes on is broken off at the deadline.
   */
  get draining(): AbortSignal {
    return this.sequence.draining;
  }
}
