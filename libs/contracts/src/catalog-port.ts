import { z } from 'zod';
import { currency, id, minorUnits } from './fields.js';
import { definePort } from './define-port.js';

export const catalogItem = z.object({
  id,
  sku: z.string(),
  name: z.string(),
  price: minorUnits,
  currency,
  public: z.boolean(),
});
export type CatalogItem = z.infer<typeof catalogItem>;

const findItemsInput = z.strictObject({ itemIds: z.array(id).min(1).max(50) });
const findItemsOutput = z.object({ items: z.array(catalogItem) });

export abstract class CatalogApi {
  /** Returns the items that the caller may see; an unknown id is simply absent. */
  abstract findItems(input: z.infer<typeof findItemsInput>): Promise<z.infer<typeof findItemsOutput>>;
}

export const catalogPort = definePort(CatalogApi, {
  name: 'catalog',
  methods: {
    findItems: {
      input: findItemsInput,
      output: findItemsOutput,
      idempotent: true,
      purposes: ['catalog.read', 'orders.write'],
    },
  },
});
