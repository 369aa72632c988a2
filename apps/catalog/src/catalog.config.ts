import { type Environment, loadServiceConfig, type ServiceConfig } from '@app/runtime';

export const loadCatalogConfig = (environment: Environment = process.env): ServiceConfig =>
  loadServiceConfig('catalog', 3001, environment);
