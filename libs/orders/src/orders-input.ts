import { id, idempotencyKey, lines, pageSize, PortError } from '@app/contracts';
import { z } from 'zod';

export const newOrder = z.strictObject({ lines });
export type NewOrder = z.infer<typeof newOrder>;

export const ordersPage = z.strictObject({
  cursor: id.optional(),
  limit: z.coerce.number().pipe(pageSize).optional(),
});
export type OrdersPage = z.infer<typeof ordersPage>;

/** `@Headers()` takes no schema. */
export function readIdempotencyKey(header: string | undefined): { idempotencyKey?: string } {
  if (header === undefined) return {};
  const key = idempotencyKey.safeParse(header);
  if (key.success) return { idempotencyKey: key.data };
  throw new PortError('idempotency_key_invalid', 400, 'Idempotency-Key must be 1 to 128 visible ASCII characters.');
}
