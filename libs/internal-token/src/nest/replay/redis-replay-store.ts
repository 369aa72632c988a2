import { ReplayStore } from './replay-store.js';

/** The one command that is needed, as `ioredis` has it. The client, its connection and its options stay yours. */
export interface RedisClient {
  set(key: string, value: string, px: 'PX', milliseconds: number, nx: 'NX'): Promise<'OK' | null>;
}

/** Settings of a {@link RedisReplayStore}. */
export interface RedisReplayStoreOptions {
  /** Put before every key. Default `internal-token:replay:`. */
  readonly prefix?: string;
}

/**
 * Remembers in Redis, for several instances of a service: `SET … NX PX`, so that of concurrent uses one is the first.
 *
 * ```ts
 * { provide: ReplayStore, inject: [REDIS], useFactory: (redis: Redis) => new RedisReplayStore(redis) }
 * ```
 *
 * Give a client that fails rather than queues while Redis is away (ioredis: `enableOfflineQueue: false`,
 * `maxRetriesPerRequest: 1`). What Redis itself forgets (eviction, a failover that lost writes) can be replayed.
 */
export class RedisReplayStore extends ReplayStore {
  readonly #client: RedisClient;
  readonly #prefix: string;

  constructor(client: RedisClient, { prefix = 'internal-token:replay:' }: RedisReplayStoreOptions = {}) {
    super();
    this.#client = client;
    this.#prefix = prefix;
  }

  override async firstUse(key: string, ttlMs: number): Promise<boolean> {
    const answer = await this.#client.set(`${this.#prefix}${key}`, '1', 'PX', Math.max(1, Math.ceil(ttlMs)), 'NX');
    return answer === 'OK';
  }
}
