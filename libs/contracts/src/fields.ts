import { z } from 'zod';

/** More than one store compares ids as text, so an id has exactly one spelling. */
export const id = z.uuid().toLowerCase();

/** An amount in the currency's smallest unit. Within the limits of an order, the total stays an exact number. */
export const minorUnits = z.int().min(0).max(1_000_000_000);

export const currency = z.string().regex(/^[A-Z]{3}$/, 'three capital letters, as in ISO 4217');

export const quantity = z.int().min(1).max(10_000);

const line = z.strictObject({ itemId: id, quantity });

export const lines = z
  .array(line)
  .min(1)
  .max(50)
  .refine((list) => new Set(list.map(({ itemId }) => itemId)).size === list.length, 'names an item more than once');

export const pageSize = z.int().min(1).max(100);
