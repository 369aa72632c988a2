import { AsyncLocalStorage } from 'node:async_hooks';

const exempt = new AsyncLocalStorage<true>();

/**
 * Runs `fn`; the calls that it makes go out as they are: no token is put on them or taken off, none is refused.
 *
 * For what is asked without a caller or on one's own account: a key set, an identity provider, a health check, a
 * forwarder that sends the token itself.
 *
 * ```ts
 * const healthy = await withoutPropagation(() => fetch('http://orders:3003/health'));
 * ```
 */
export function withoutPropagation<T>(fn: () => T): T {
  return exempt.run(true, fn);
}

/** True inside of {@link withoutPropagation}, and in all that was started there. */
export function isWithoutPropagation(): boolean {
  return exempt.getStore() === true;
}
