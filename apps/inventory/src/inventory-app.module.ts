import { InventoryModule, InventoryService } from '@app/inventory';
import { inventoryPort } from '@app/contracts';
import { PortsModule } from '@app/ports';
import type { DynamicModule } from '@nestjs/common';

export const inventoryAppModule = (): DynamicModule =>
  PortsModule.with({
    local: [{ module: InventoryModule, port: inventoryPort, implementation: InventoryService }],
    remote: [],
  });
