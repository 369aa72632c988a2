import type { Generated } from 'kysely';

/** `refused`: there was too little stock; this answer is final. */
type ReservationStatus = 'held' | 'confirmed' | 'released' | 'refused';

export interface InventoryTables {
  stock: {
    tenant_id: Generated<string>;
    item_id: string;
    on_hand: number;
  };
  reservations: {
    tenant_id: Generated<string>;
    order_id: string;
    status: ReservationStatus;
    expires_at: Date;
  };
  reservation_lines: {
    tenant_id: Generated<string>;
    order_id: string;
    item_id: string;
    quantity: number;
  };
}
