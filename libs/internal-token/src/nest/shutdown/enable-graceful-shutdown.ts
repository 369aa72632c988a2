import { constants } from 'node:os';
import { type INestApplication, Logger } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { InternalTokenError } from '../../core/index.js';
import { ShutdownSequence } from './shutdown-sequence.js';
import { type GracefulShutdownOptions, resolveShutdownOptions } from './graceful-shutdown.options.js';

/** Ctrl-C comes from the terminal, and again from npm or whatever else has started the process. */
const SAME_KEY_MS = 500;
/** How long the last lines may take to be written. */
const FLUSH_MS = 1_000;

/**
 * Ends the process without losing a request, in place of Nest's `enableShutdownHooks()`, whose hooks end providers while
 * requests still use them. Call it before `app.listen()`; `InternalTokenModule` has to be imported.
 *
 * On `SIGTERM` or `SIGINT` `GracefulShutdown.begun` is true, and the application serves on for `delayMs`. Then it takes
 * no further connection, every answer says `Connection: close`, and what is open is waited for, until `deadlineMs` after
 * the signal. Then `app.close()` runs, and the process exits with 0; with 1 if closing failed or took more than 5
 * seconds. A second signal ends it at once, with 128 and the number of the signal.
 *
 * @throws InternalTokenError `configuration_invalid` if the times do not fit, or without `InternalTokenModule`
 */
export function enableGracefulShutdown(app: INestApplication, options: GracefulShutdownOptions = {}): void {
  const settings = resolveShutdownOptions(options);
  const shutdown = sequenceOf(app);
  let begunAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (begunAt === undefined) {
      begunAt = performance.now();
      void shutdown.run(app, settings, signal).then((closed) => exit(closed ? 0 : 1), failed);
    } else if (performance.now() - begunAt > SAME_KEY_MS) {
      // As a shell says it. To send the signal once more would change nothing as process 1 of a container.
      process.exit(128 + constants.signals[signal]);
    }
  };
  const unsubscribe = (): void => {
    for (const signal of settings.signals) process.off(signal, onSignal);
  };
  for (const signal of settings.signals) process.on(signal, onSignal);
  shutdown.closed.addEventListener('abort', unsubscribe, { once: true });
}

function sequenceOf(app: INestApplication): ShutdownSequence {
  // Nest ends the process where `get()` finds nothing, with a message about a class that nobody knows.
  const modules = [...app.get(ModulesContainer, { strict: false }).values()];
  if (!modules.some(({ providers }) => providers.has(ShutdownSequence))) {
    throw new InternalTokenError(
      'configuration_invalid',
      'enableGracefulShutdown: the application does not import InternalTokenModule. Import InternalTokenModule.forRoot().',
    );
  }
  return app.get(ShutdownSequence, { strict: false });
}

function failed(error: unknown): void {
  new Logger('Shutdown').error('closing failed', error instanceof Error ? error.stack : String(error));
  exit(1);
}

/** Something may still hold the process, but nothing that anybody waits for. */
function exit(code: number): void {
  setTimeout(() => process.exit(code), FLUSH_MS);
  process.stdout.write('', () => process.exit(code));
}
