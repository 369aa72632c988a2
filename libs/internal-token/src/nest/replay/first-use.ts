import type { ReplayStore } from './replay-store.js';

/** How long a request waits for a store that has to be asked over the network, in milliseconds. */
export const REPLAY_TIMEOUT_MS = 250;

/**
 * Asks a store, and waits for its answer no longer than that: a store that never answers must not hold requests.
 * @throws whatever goes wrong (or rejects with it), the end of the time included: nobody knows then
 */
export function firstUse(
  store: ReplayStore,
  key: string,
  ttlMs: number,
  timeoutMs = REPLAY_TIMEOUT_MS,
): boolean | Promise<boolean> {
  const answer = store.firstUse(key, Math.max(1, ttlMs));
  if (typeof answer === 'boolean') return answer;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
