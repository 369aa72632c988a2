import { type Environment, loadServiceConfig, type ServiceConfig } from '@app/runtime';

export type InventoryConfig = ServiceConfig;

export const loadInventoryConfig = (environment: Environment = process.env): InventoryConfig =>
  loadServiceConfig('inventory', 3002, environment);
