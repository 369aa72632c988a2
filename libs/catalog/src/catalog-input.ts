import { currency, id, minorUnits, pageSize } from '@app/contracts';
import { z } from 'zod';

export const newItem = z.strictObject({
  sku: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'up to 64 letters, digits, dots, dashes, underscores'),
  name: z
    .string()
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters')
    .trim()
    .min(1)
    .max(200),
  price: minorUnits,
  currency,
  public: z.boolean().default(false),
});
export type NewItem = z.infer<typeof newItem>;

export const itemPage = z.strictObject({
  cursor: id.optional(),
  limit: z.coerce.number().pipe(pageSize).default(50),
});
export type ItemPage = z.infer<typeof itemPage>;
