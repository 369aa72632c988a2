export { Clock } from './clock.js';
export { OrdersController } from './orders.controller.js';
export { OrdersModule } from './orders.module.js';
export { OrdersService } from './orders.service.js';
