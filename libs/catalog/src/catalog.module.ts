import { StorageModule } from '@app/storage';
import { Module } from '@nestjs/common';
import { CatalogController } from './catalog.controller.js';
import { catalogMigrations } from './catalog.migrations.js';
import { CatalogSeed } from './catalog-seed.js';
import { CatalogService } from './catalog.service.js';

@Module({
  imports: [StorageModule.forDomain({ name: 'catalog', migrations: catalogMigrations, systemTasks: ['seed'] })],
  controllers: [CatalogController],
  providers: [CatalogService, CatalogSeed],
  exports: [CatalogService, CatalogSeed],
})
export class CatalogModule {}
