import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { followLog } from 'itok';
import type { LineSource } from './live-log.js';

/** Milliseconds between two polls of the files. */
const LOOK_EVERY_MS = 200;

/** Reads every log in a directory from its beginning, and follows it. Reports each problem once. */
export function followDirectory(directory: string): LineSource {
  const logger = new Logger('DevPage');
  const told = new Set<string>();
  const tell = (problem: string): void => {
    if (told.has(problem)) return;
    told.add(problem);
    logger.debug(problem);
  };
  return (onLine, signal) =>
    new Promise((caughtUp) => {
      const tick = (): Promise<unknown> => {
        caughtUp();
        return delay(LOOK_EVERY_MS, undefined, { signal, ref: false });
      };
      // No process may have written to it yet.
      void mkdir(directory, { recursive: true })
        .then(() => followLog([directory], { onLine, signal, fromStart: true, tick, onProblem: tell }))
        .catch((error: unknown) => tell(error instanceof Error ? error.message : String(error)))
        .finally(caughtUp);
    });
}
