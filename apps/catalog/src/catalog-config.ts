import { type Environment, loadServiceConfig, type ServiceConfig } from '@app/runtime';

export type CatalogConfig = ServiceConfig;

export const loadCatalogConfig = (environment: Environment = process.env): CatalogConfig =>
  loadServiceConfig('catalog', 3001, environment);
