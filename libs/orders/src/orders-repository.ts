import { randomUUIDv7 } from 'node:crypto';
import type { Order } from '@app/contracts';
import { TenantDatabase } from '@app/storage';
import { Injectable } from '@nestjs/common';
import { InternalTokenContext } from 'nestjs-internal-token';
import { Clock } from './clock.js';
import type { CancelReason, OrderRow, OrdersTables } from './orders-tables.js';

const COLUMNS = ['id', 'status', 'cancel_reason', 'currency', 'lines', 'placed_at'] as const;

@Injectable()
export class OrdersRepository {
  constructor(
    private readonly db: TenantDatabase<OrdersTables>,
    private readonly context: InternalTokenContext,
    private readonly clock: Clock,
  ) {}

  find(orderId: string): Promise<OrderRow | undefined> {
    return this.db.transaction((trx) =>
      trx.selectFrom('orders').select(COLUMNS).where('id', '=', orderId).executeTakeFirst(),
    );
  }

  findByKey(key: string): Promise<OrderRow | undefined> {
    return this.db.transaction((trx) =>
      trx
        .selectFrom('orders')
        .select(COLUMNS)
        .where('placed_by', '=', this.context.claims.userId)
        .where('idempotency_key', '=', key)
        .executeTakeFirst(),
    );
  }

  /** Ids grow with time, so they are the order of the pages as well. */
  page(limit: number, cursor: string | undefined): Promise<OrderRow[]> {
    return this.db.transaction((trx) => {
      const query = trx.selectFrom('orders').select(COLUMNS).orderBy('id', 'desc').limit(limit);
      return (cursor ? query.where('id', '<', cursor) : query).execute();
    });
  }

  /** Undefined if this user has used the key before, or is doing so just now. */
  insert(lines: Order['lines'], currency: string, key: string | undefined): Promise<OrderRow | undefined> {
    return this.db.transaction((trx) =>
      trx
        .insertInto('orders')
        .values({
          id: randomUUIDv7(),
          placed_by: this.context.claims.userId,
          idempotency_key: key ?? null,
          status: 'pending',
          cancel_reason: null,
          currency,
          lines: JSON.stringify(lines),
          placed_at: this.clock.now(),
        })
        .onConflict((conflict) => conflict.columns(['tenant_id', 'placed_by', 'idempotency_key']).doNothing())
        .returning(COLUMNS)
        .executeTakeFirst(),
    );
  }

  /** Moves the order on, unless someone else has moved it away from `from`; answers how it is now. */
  move(
    orderId: string,
    from: readonly Order['status'][],
    to: Order['status'],
    reason: CancelReason | null = null,
  ): Promise<OrderRow> {
    return this.db.transaction(async (trx) => {
      const moved = await trx
        .updateTable('orders')
        .set({ status: to, cancel_reason: reason, moved_at: this.clock.now() })
        .where('id', '=', orderId)
        .where('status', 'in', from)
        .returning(COLUMNS)
        .executeTakeFirst();
      return moved ?? trx.selectFrom('orders').select(COLUMNS).where('id', '=', orderId).executeTakeFirstOrThrow();
    });
  }
}
