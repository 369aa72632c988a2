import { CatalogController, CatalogModule, CatalogSeed, CatalogService } from '@app/catalog';
import { catalogPort, inventoryPort, ordersPort } from '@app/contracts';
import { InventoryController, InventoryModule, InventorySeed, InventoryService } from '@app/inventory';
import { OrdersController, OrdersModule, OrdersService } from '@app/orders';
import { inProcessPort } from '@app/ports';
import type { GatewaySettings } from './gateway.config.js';

/**
 * Every domain of the shop. One whose URL is set runs in another process: the gateway then knows its routes from the
 * decorators and instantiates nothing of it.
 */
const DOMAINS = [
  {
    name: 'catalog',
    url: 'CATALOG_URL',
    module: CatalogModule,
    controllers: [CatalogController],
    port: inProcessPort(catalogPort, CatalogService),
    seed: CatalogSeed,
  },
  {
    name: 'inventory',
    url: 'INVENTORY_URL',
    module: InventoryModule,
    controllers: [InventoryController],
    port: inProcessPort(inventoryPort, InventoryService),
    seed: InventorySeed,
  },
  {
    name: 'orders',
    url: 'ORDERS_URL',
    module: OrdersModule,
    controllers: [OrdersController],
    port: inProcessPort(ordersPort, OrdersService),
    seed: undefined,
  },
] as const;

export type Domain = (typeof DOMAINS)[number];

export const allDomains: readonly Domain[] = DOMAINS;

/** The one place where it is decided what runs in this process. */
export function localDomains(settings: GatewaySettings): readonly Domain[] {
  return DOMAINS.filter(({ url }) => settings[url] === undefined);
}
