export { CatalogController } from './catalog.controller.js';
export { CatalogModule } from './catalog.module.js';
export { CatalogSeed } from './catalog-seed.js';
export { CatalogService } from './catalog.service.js';
