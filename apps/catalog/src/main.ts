import { CatalogModule } from '@app/catalog';
import { startService } from '@app/runtime';
import { loadCatalogConfig } from './catalog.config.js';

await startService('catalog', CatalogModule, loadCatalogConfig);
