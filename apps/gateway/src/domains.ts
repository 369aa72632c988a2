import { CatalogController, CatalogModule, CatalogSeed, CatalogService } from '@app/catalog';
import { catalogPort, inventoryPort, ordersPort } from '@app/contracts';
import { InventoryController, InventoryModule, InventorySeed, InventoryService } from '@app/inventory';
import { OrdersController, OrdersModule, OrdersService } from '@app/orders';
import type { GatewaySettings } from './gateway-config.js';

/** Every domain of the shop. Of one that runs elsewhere the gateway uses the decorators and instantiates nothing. */
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

/** The one place where it is decided what runs in this process: a domain whose URL is set does not. */
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
