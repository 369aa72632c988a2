import { constants } from 'node:os';
import { type INestApplication, Injectable, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { InternalTokenError } from '../../core/index.js';
import { type GracefulShutdownOptions, resolveShutdownOptions } from './graceful-shutdown.options.js';
import { ShutdownSequence } from './shutdown-sequence.js';

/** Ctrl-C may arrive twice: from the terminal, and from npm or another parent process. */
const SAME_KEY_MS = 500;
/** How long writing the last lines may take. */
const FLUSH_MS = 1_000;

/**
 * The progress of the shutdown of this application. A signal starts it, after `GracefulShutdown.enable(app)`.
 *
 * ```ts
 * if (this.shutdown.begun) throw new ServiceUnavailableException(); // in a readiness probe
 * interval(1000).pipe(takeUntil(fromEvent(this.shutdown.draining, 'abort'))); // a stream of events
 * ```
 */
@Injectable()
export class GracefulShutdown {
  constructor(private readonly sequence: ShutdownSequence) {}

  /**
   * Ends the process without losing a request. Use it instead of Nest's `enableShutdownHooks()`, whose hooks end
   * providers while requests still use them. Call it before `app.listen()`; it needs `InternalTokenModule`.
   *
   * On `SIGTERM` or `SIGINT`, `GracefulShutdown.begun` becomes true, and the application keeps serving for `delayMs`.
   * Then it accepts no further connections, every answer says `Connection: close`, and open requests are waited for until
   * `deadlineMs` after the signal. Then `app.close()` runs, and the process exits with 0, or with 1 if closing failed or
   * took more than 5 seconds. A second signal ends it at once, with 128 plus the number of the signal.
   *
   * @throws InternalTokenError `configuration_invalid` for invalid times, or without `InternalTokenModule`
   */
  static enable(app: INestApplication, options: GracefulShutdownOptions = {}): void {
    const settings = resolveShutdownOptions(options);
    const shutdown = sequenceOf(app);
    let begunAt: number | undefined;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (begunAt === undefined) {
        begunAt = performance.now();
        void shutdown.run(app, settings, signal).then((closed) => exit(closed ? 0 : 1), failed);
      } else if (performance.now() - begunAt > SAME_KEY_MS) {
        // The exit code that shells use. Sending the signal again would have no effect as process 1 of a container.
        process.exit(128 + constants.signals[signal]);
      }
    };
    const unsubscribe = (): void => {
      for (const signal of settings.signals) process.off(signal, onSignal);
    };
    for (const signal of settings.signals) process.on(signal, onSignal);
    shutdown.closed.addEventListener('abort', unsubscribe, { once: true });
  }

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

function sequenceOf(app: INestApplication): ShutdownSequence {
  // If `get()` finds nothing, Nest ends the process with a message about an internal class.
  const modules = [...app.get(ModulesContainer, { strict: false }).values()];
  if (!modules.some(({ providers }) => providers.has(ShutdownSequence))) {
    throw new InternalTokenError(
      'configuration_invalid',
      'GracefulShutdown.enable(): the application does not import InternalTokenModule. Import InternalTokenModule.forRoot().',
    );
  }
  return app.get(ShutdownSequence, { strict: false });
}

function failed(error: unknown): void {
  new Logger('Shutdown').error('Closing the application failed', error instanceof Error ? error.stack : String(error));
  exit(1);
}

/** Exits even if open handles remain: nothing that matters is waiting for them. */
function exit(code: number): void {
  setTimeout(() => process.exit(code), FLUSH_MS);
  process.stdout.write('', () => process.exit(code));
}
