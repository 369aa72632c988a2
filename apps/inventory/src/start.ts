import { InventorySeed } from '@app/inventory';
import { startService } from '@app/runtime';
import { inventoryAppModule } from './inventory-app.module.js';
import { loadInventoryConfig } from './inventory-config.js';

await startService('inventory', loadInventoryConfig, inventoryAppModule, { seed: InventorySeed });
