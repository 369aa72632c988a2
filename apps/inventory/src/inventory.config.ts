import { type Environment, loadServiceConfig, type ServiceConfig } from '@app/runtime';

export const loadInventoryConfig = (environment: Environment = process.env): ServiceConfig =>
  loadServiceConfig('inventory', 3002, environment);
