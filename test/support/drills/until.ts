import { setTimeout as delay } from 'node:timers/promises';

const LIMIT_MS = 240_000;
const POLL_MS = 50;

/** Waits for what a drill has brought about. The limit is for what never comes, not a measure. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`after ${LIMIT_MS / 1000} s still not: ${what}`);
    await delay(POLL_MS);
  }
}
