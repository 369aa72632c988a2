import type { Generated } from 'kysely';

export interface CatalogTables {
  items: {
    id: string;
    tenant_id: Generated<string>;
    sku: string;
    name: string;
    price: number;
    currency: string;
    public: boolean;
  };
}
