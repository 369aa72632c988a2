import { SystemDatabase } from '@app/storage';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { sql } from 'kysely';
import { Clock } from './clock.js';
import { STALE_MS } from './order-fulfilment.js';
import type { OrdersTables } from './orders-tables.js';

export const COUNT_UNSETTLED = 'count-unsettled';
const INTERVAL_MS = 60_000;

/** Orders that a crash left half done, of all tenants: counted at start and every minute, and warned of. */
@Injectable()
export class UnsettledOrders implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(UnsettledOrders.name);
  #timer: NodeJS.Timeout | undefined;
  #counting: Promise<void> | undefined;

  constructor(
    private readonly db: SystemDatabase<OrdersTables>,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.check(), INTERVAL_MS).unref();
    void this.check();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    await this.#counting;
  }

  /** One line if there are any, none if there are none. Never rejects: to count is no reason to end or not to start. */
  check(): Promise<void> {
    this.#counting ??= this.#check().finally(() => (this.#counting = undefined));
    return this.#counting;
  }

  async #check(): Promise<void> {
    try {
      const now = this.clock.now().getTime();
      const { count, oldest } = await this.#count(new Date(now - STALE_MS));
      if (oldest === null) return;
      const oldestSeconds = Math.round((now - oldest.getTime()) / 1_000);
      this.#logger.warn('Orders are left unsettled; each is settled when somebody reads it', { count, oldestSeconds });
    } catch (error) {
      this.#logger.warn('Unsettled orders could not be counted', error);
    }
  }

  /** No tenant's rows are seen: the function tells their number and the oldest time, and nothing else. */
  #count(before: Date): Promise<{ count: number; oldest: Date | null }> {
    return this.db.transaction({ task: COUNT_UNSETTLED, tenantId: undefined }, async (trx) => {
      const { rows } = await sql<{ count: number; oldest: Date | null }>`
        select count, oldest from unsettled_orders(${before})`.execute(trx);
      return rows[0] ?? { count: 0, oldest: null };
    });
  }
}
