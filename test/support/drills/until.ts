import { setTimeout as delay } from 'node:timers/promises';

const LIMIT_MS = 60_000;
const POLL_MS = 50;

/** Waits for what a drill has brought about. The limit is for what never comes, not a measure. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs: number = LIMIT_MS,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`after ${limitMs / 1000} s still not: ${what}`);
    await delay(POLL_MS);
  }
}
