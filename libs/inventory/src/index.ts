export { Clock } from './clock.js';
export { InventoryController } from './inventory.controller.js';
export { InventoryModule } from './inventory.module.js';
export { InventorySeed } from './inventory-seed.js';
export { InventoryService } from './inventory.service.js';
export { type Stock, StockService } from './stock.service.js';
