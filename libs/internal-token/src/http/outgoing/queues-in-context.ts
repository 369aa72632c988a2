import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import type { Client, Dispatcher } from 'undici';

/** The parts of a copy of undici that are probed. */
export interface Undici {
  readonly Client: typeof Client;
  readonly Pool: new (
    origin: string,
    options: { readonly connections: number; readonly factory: (origin: URL) => Dispatcher },
  ) => Pick<Dispatcher, 'dispatch'> & { destroy(): Promise<void> };
}

const ORIGIN = 'http://localhost';

/**
 * Checks that a request that had to wait in a pool is sent in the context in which it was made. In a release where it
 * is not, one user's request would carry another user's token. Opens no connection.
 */
export function queuesInContext({ Client, Pool }: Undici): boolean {
  const maker = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  class Desk extends Client {
    override dispatch(): boolean {
      return seen.push(maker.getStore()) > 1;
    }
  }
  const desk = new Desk(ORIGIN);
  const pool = new Pool(ORIGIN, { connections: 1, factory: () => desk });
  const dispatch = () => pool.dispatch({ path: '/', method: 'GET' }, {});
  maker.run('first', dispatch);
  maker.run('second', dispatch);
  maker.run('the request that frees the connection', () =>
    EventEmitter.prototype.emit.call(desk, 'drain', new URL(ORIGIN), [desk]),
  );
  void pool.destroy().catch(() => undefined);
  return seen.length === 2 && seen[1] === 'second';
}
