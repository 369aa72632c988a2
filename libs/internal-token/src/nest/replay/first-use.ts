import type { ReplayStore } from './replay-store.js';

/** How long a request waits for a store that is asked over the network, in milliseconds. */
export const REPLAY_TIMEOUT_MS = 250;

/**
 * Asks a store with a time limit, so that a store that never answers does not block requests.
 * @throws (or rejects with) any failure of the store, including a time-out; whether it is a first use is then unknown
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
