import { startService } from '@app/runtime';
import { ordersAppModule } from './orders-app.module.js';
import { loadOrdersConfig } from './orders-config.js';

await startService('orders', loadOrdersConfig, ordersAppModule);
