import { StorageModule } from '@app/storage';
import { Module } from '@nestjs/common';
import { Clock } from './clock.js';
import { OrderFulfilment } from './order-fulfilment.js';
import { OrdersController } from './orders.controller.js';
import { ordersMigrations } from './orders.migrations.js';
import { OrdersRepository } from './orders-repository.js';
import { OrdersService } from './orders.service.js';
import { COUNT_UNSETTLED, UnsettledOrders } from './unsettled-orders.js';

/** Needs `CatalogApi` and `InventoryApi` from a global module: the app decides where they live. */
@Module({
  imports: [StorageModule.forDomain({ name: 'orders', migrations: ordersMigrations, systemTasks: [COUNT_UNSETTLED] })],
  controllers: [OrdersController],
  providers: [OrdersService, OrderFulfilment, OrdersRepository, UnsettledOrders, Clock],
  exports: [OrdersService],
})
export class OrdersModule {}
