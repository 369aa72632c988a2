import { CatalogSeed } from '@app/catalog';
import { startService } from '@app/runtime';
import { catalogAppModule } from './catalog-app.module.js';
import { loadCatalogConfig } from './catalog-config.js';

await startService('catalog', loadCatalogConfig, catalogAppModule, { seed: CatalogSeed });
