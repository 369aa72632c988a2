import { OrdersModule, OrdersService } from '@app/orders';
import { catalogPort, inventoryPort, ordersPort } from '@app/contracts';
import { PortsModule } from '@app/ports';
import type { DynamicModule } from '@nestjs/common';
import type { RenewableTls } from 'nestjs-internal-token/http';
import type { OrdersConfig } from './orders-config.js';

export const ordersAppModule = ({ values }: OrdersConfig, tls?: RenewableTls): DynamicModule =>
  PortsModule.with({
    local: [{ module: OrdersModule, port: ordersPort, implementation: OrdersService }],
    remote: [
      { port: catalogPort, url: values.CATALOG_URL },
      { port: inventoryPort, url: values.INVENTORY_URL },
    ],
    tls,
  });
