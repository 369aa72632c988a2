import { CatalogController, CatalogModule, CatalogSeed, CatalogService } from '@app/catalog';
import { catalogPort, inventoryPort, ordersPort } from '@app/contracts';
import { InventoryController, InventoryModule, InventorySeed, InventoryService } from '@app/inventory';
import { OrdersController, OrdersModule, OrdersService } from '@app/orders';
import type { GatewaySettings } from './gateway-config.js';

/** Every domain of the shop. For a domain that runs elsewhere, the gateway only reads its decorators. */
export const DOMAINS = [
  {
    name: 'catalog',
    url: 'CATALOG_URL',
    module: CatalogModule,
    controllers: [CatalogController],
    port: catalogPort,
    implementation: CatalogService,
    seed: CatalogSeed,
  },
  {
    name: 'inventory',
    url: 'INVENTORY_URL',
    module: InventoryModule,
    controllers: [InventoryController],
    port: inventoryPort,
    implementation: InventoryService,
    seed: InventorySeed,
  },
  {
    name: 'orders',
    url: 'ORDERS_URL',
    module: OrdersModule,
    controllers: [OrdersController],
    port: ordersPort,
    implementation: OrdersService,
    seed: undefined,
  },
] as const;

type Domain = (typeof DOMAINS)[number];

/** Decides what runs in this process: every domain whose URL is not set. */
export function placeDomains(settings: GatewaySettings): {
  readonly local: readonly Domain[];
  readonly remote: readonly (Domain & { readonly at: string })[];
} {
  const local: Domain[] = [];
  const remote: (Domain & { readonly at: string })[] = [];
  for (const domain of DOMAINS) {
    const at = settings[domain.url];
    if (at === undefined) local.push(domain);
    else remote.push({ ...domain, at });
  }
  return { local, remote };
}
