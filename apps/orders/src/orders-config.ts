import { type Environment, loadServiceConfig, type ServiceConfig } from '@app/runtime';

export type OrdersConfig = ServiceConfig<'CATALOG_URL' | 'INVENTORY_URL'>;

export const loadOrdersConfig = (environment: Environment = process.env): OrdersConfig =>
  loadServiceConfig('orders', 3003, environment, ['CATALOG_URL', 'INVENTORY_URL']);
