import { setTimeout as delay } from 'node:timers/promises';

const LIMIT_MS = 240_000;
const POLL_MS = 50;

/** Waits for what a drill has caused. The limit catches what never comes; it measures nothing. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`timed out after ${LIMIT_MS / 1000} s, waiting for: ${what}`);
    await delay(POLL_MS);
  }
}
