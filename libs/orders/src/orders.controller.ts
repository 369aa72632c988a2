import { id, type Order, type OrderPage } from '@app/contracts';
import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  StandardSchemaValidationPipe,
  UsePipes,
} from '@nestjs/common';
import {
  AnyScope,
  InternalClaims,
  type InternalTokenClaims,
  RequirePermissions,
  RequireScope,
} from 'nestjs-internal-token';
import { newOrder, type NewOrder, ordersPage, type OrdersPage, readIdempotencyKey } from './orders-input.js';
import { OrdersService } from './orders.service.js';

@Controller('orders')
@UsePipes(StandardSchemaValidationPipe)
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get('me')
  @AnyScope()
  me(@InternalClaims() claims: InternalTokenClaims): InternalTokenClaims {
    return claims;
  }

  @Post()
  @RequireScope('orders.write')
  @RequirePermissions('orders:write')
  place(@Body({ schema: newOrder }) order: NewOrder, @Headers('idempotency-key') key?: string): Promise<Order> {
    return this.orders.place({ ...order, ...readIdempotencyKey(key) });
  }

  @Get()
  @RequireScope('orders.read')
  @RequirePermissions('orders:read')
  list(@Query({ schema: ordersPage }) page: OrdersPage): Promise<OrderPage> {
    return this.orders.list(page);
  }

  @Get(':id')
  @RequireScope('orders.read')
  @RequirePermissions('orders:read')
  get(@Param('id', { schema: id }) orderId: string): Promise<Order> {
    return this.orders.get({ orderId });
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @RequireScope('orders.write')
  @RequirePermissions('orders:write')
  cancel(@Param('id', { schema: id }) orderId: string): Promise<Order> {
    return this.orders.cancel({ orderId });
  }
}
