import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

const REDIS_URL = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379';

/** A unique prefix; {@link close} removes the keys under it. */
export interface TestRedis {
  readonly client: Redis;
  readonly prefix: string;
  close(): Promise<void>;
}

/** Whether a Redis is available. Without one it prints a warning, or fails under REQUIRE_SERVICES=1. */
export async function openTestRedis(): Promise<TestRedis | undefined> {
  const client = new Redis(REDIS_URL, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    retryStrategy: () => null,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    client.disconnect();
    if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(`No Redis at ${REDIS_URL}.`, { cause });
    process.stderr.write(`\n*** NO REDIS at ${REDIS_URL}: what is tested on it is SKIPPED. (TEST_REDIS_URL) ***\n\n`);
    return undefined;
  }
  const prefix = `test:replay:${randomUUID()}:`;
  return {
    client,
    prefix,
    async close() {
      const keys = await client.keys(`${prefix}*`);
      if (keys.length > 0) await client.del(...keys);
      client.disconnect();
    },
  };
}
