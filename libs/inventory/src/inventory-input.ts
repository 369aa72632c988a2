import { id, pageSize } from '@app/contracts';
import { z } from 'zod';

export const stockLevel = z.strictObject({ onHand: z.int().min(0).max(1_000_000) });
export type StockLevel = z.infer<typeof stockLevel>;

export const stockPage = z.strictObject({
  cursor: id.optional(),
  limit: z.coerce.number().pipe(pageSize).default(50),
});
export type StockPage = z.infer<typeof stockPage>;
