import { StorageModule } from '@app/storage';
import { Module } from '@nestjs/common';
import { Clock } from './clock.js';
import { InventoryController } from './inventory.controller.js';
import { inventoryMigrations } from './inventory.migrations.js';
import { InventorySeed } from './inventory-seed.js';
import { InventoryService } from './inventory.service.js';
import { StockService } from './stock.service.js';

@Module({
  imports: [StorageModule.forDomain({ name: 'inventory', migrations: inventoryMigrations, systemTasks: ['seed'] })],
  controllers: [InventoryController],
  providers: [InventoryService, StockService, InventorySeed, Clock],
  exports: [InventoryService, StockService, InventorySeed],
})
export class InventoryModule {}
