import type { Order } from '@app/contracts';
import type { ColumnType, Generated, Selectable } from 'kysely';

/** Why an order was cancelled: by request, or because it never got its stock. */
export type CancelReason = 'requested' | 'out_of_stock' | 'reservation_expired';

export interface OrdersTables {
  orders: {
    id: string;
    tenant_id: Generated<string>;
    placed_by: string;
    idempotency_key: string | null;
    status: Order['status'];
    cancel_reason: CancelReason | null;
    currency: string;
    lines: ColumnType<Order['lines'], string, never>;
    placed_at: Date;
    /** When its status last changed; null: never, since it was placed. */
    moved_at: Generated<Date | null>;
  };
}

export type OrderRow = Omit<
  Selectable<OrdersTables['orders']>,
  'tenant_id' | 'placed_by' | 'idempotency_key' | 'moved_at'
>;
