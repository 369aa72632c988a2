import { InventoryModule } from '@app/inventory';
import { startService } from '@app/runtime';
import { loadInventoryConfig } from './inventory.config.js';

await startService('inventory', InventoryModule, loadInventoryConfig);
