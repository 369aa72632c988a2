import { type Environment, loadServiceConfig, type ServiceConfig } from '@app/runtime';

export const loadOrdersConfig = (environment: Environment = process.env): ServiceConfig =>
  loadServiceConfig('orders', 3003, environment);
