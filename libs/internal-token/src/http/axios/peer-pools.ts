import { createRequire } from 'node:module';
import type { Pool } from 'undici';

const CONNECT_TIMEOUT_MS = 5_000;
/** How long Node's agents keep an idle connection, even if the server would keep it longer. */
const IDLE_MS = 5_000;

/** The connections to internal origins. Like Node's agents they open one for each call that finds none free. */
export class PeerPools {
  readonly #pools = new Map<string, Pool>();
  readonly #Pool: typeof Pool;

  /** @param isInternal true for the origins that calls go to over these connections */
  constructor(private readonly isInternal: (origin: string) => boolean) {
    // Not by its index, which would replace the dispatcher of Node's fetch.
    this.#Pool = createRequire(import.meta.url)('undici/lib/dispatcher/pool.js') as typeof Pool;
  }

  at(origin: string): Pool | undefined {
    const known = this.#pools.get(origin);
    if (known !== undefined || !this.isInternal(origin)) return known;
    const pool = new this.#Pool(origin, {
      // One request per connection at a time, so that a broken answer affects no other.
      pipelining: 1,
      allowH2: false,
      // As with axios, there is no time-out but that of the call, and the expiry of its token.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveMaxTimeout: IDLE_MS,
      connect: { timeout: CONNECT_TIMEOUT_MS },
    });
    this.#pools.set(origin, pool);
    return pool;
  }

  /** Lets the running calls end. */
  close(): void {
    for (const pool of this.#pools.values()) void pool.close();
    this.#pools.clear();
  }
}
