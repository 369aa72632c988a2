import { OrdersModule } from '@app/orders';
import { startService } from '@app/runtime';
import { loadOrdersConfig } from './orders.config.js';

await startService('orders', OrdersModule, loadOrdersConfig);
