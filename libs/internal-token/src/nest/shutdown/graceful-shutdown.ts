import { Injectable } from '@nestjs/common';
import { ShutdownSequence } from './shutdown-sequence.js';

/**
 * The progress of the shutdown of this application. A signal starts it, after `enableGracefulShutdown(app)`.
 *
 * ```ts
 * if (this.shutdown.begun) throw new ServiceUnavailableException(); // in a readiness probe
 * interval(1000).pipe(takeUntil(fromEvent(this.shutdown.draining, 'abort'))); // a stream of events
 * ```
 */
@Injectable()
export class GracefulShutdown {
  constructor(private readonly sequence: ShutdownSequence) {}

  /** True once the application was told to end. It still serves, but a readiness probe should answer 503. */
  get begun(): boolean {
    return this.sequence.begun;
  }

  /**
   * Aborted when the delay is over and open requests are waited for. End here what would not end by itself, such as a
   * stream of events; whatever is open at the deadline is broken off.
   */
  get draining(): AbortSignal {
    return this.sequence.draining;
  }
}
