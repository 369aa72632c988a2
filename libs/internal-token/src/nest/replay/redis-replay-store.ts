import { option, OptionPath } from '../../core/index.js';
import { ReplayStore } from './replay-store.js';

/** The only command that is needed, as in `ioredis`. You create, configure and close the client. */
export interface RedisClient {
  set(key: string, value: string, px: 'PX', milliseconds: number, nx: 'NX'): Promise<'OK' | null>;
}

/** Settings of a {@link RedisReplayStore}. */
export interface RedisReplayStoreOptions {
  /** Prefix of every key. Default `internal-token:replay:`. */
  readonly prefix?: string;
}

const checkOptions = option.group({
  prefix: option.withDefault('internal-token:replay:', option.text('the text in front of every key')),
} satisfies option.ChecksOf<RedisReplayStoreOptions>);

/**
 * Remembers uses in Redis, for several instances of a service, with `SET … NX PX`: exactly one of concurrent uses is
 * the first.
 *
 * ```ts
 * { provide: ReplayStore, inject: [REDIS], useFactory: (redis: Redis) => new RedisReplayStore(redis) }
 * ```
 *
 * Pass a client that fails instead of queueing while Redis is unavailable (ioredis: `enableOfflineQueue: false`,
 * `maxRetriesPerRequest: 1`). Tokens whose use Redis forgets (eviction, a failover that loses writes) can be replayed.
 */
export class RedisReplayStore extends ReplayStore {
  readonly #client: RedisClient;
  readonly #prefix: string;

  /** @throws InternalTokenError `configuration_invalid` */
  constructor(client: RedisClient, options: RedisReplayStoreOptions = {}) {
    super();
    this.#client = client;
    this.#prefix = checkOptions(options, new OptionPath('RedisReplayStore')).prefix;
  }

  override async firstUse(key: string, ttlMs: number): Promise<boolean> {
    const answer = await this.#client.set(`${this.#prefix}${key}`, '1', 'PX', Math.max(1, Math.ceil(ttlMs)), 'NX');
    return answer === 'OK';
  }
}
