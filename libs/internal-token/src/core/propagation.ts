import { AsyncLocalStorage } from 'node:async_hooks';

const exempt = new AsyncLocalStorage<true>();

/**
 * Runs `fn` and leaves its outgoing calls alone: no token is added or removed, and none of the calls is refused.
 *
 * For calls that a process makes on its own behalf (a key set, an identity provider, a health check), and for a
 * forwarder that sends the token itself.
 *
 * ```ts
 * const healthy = await withoutPropagation(() => fetch('http://orders:3003/health'));
 * ```
 */
export function withoutPropagation<T>(fn: () => T): T {
  return isWithoutPropagation() ? fn() : exempt.run(true, fn);
}

/** True inside {@link withoutPropagation}, and in everything that was started there. */
export function isWithoutPropagation(): boolean {
  return exempt.getStore() === true;
}
