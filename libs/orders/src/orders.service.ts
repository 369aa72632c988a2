import {
  CatalogApi,
  type ListOrdersInput,
  type Order,
  type OrderInput,
  type OrderPage,
  type OrdersApi,
  type PlaceOrderInput,
  PortError,
} from '@app/contracts';
import { Injectable } from '@nestjs/common';
import { InternalTokenContext } from 'nestjs-internal-token';
import { OrderFulfilment } from './order-fulfilment.js';
import { OrdersRepository } from './orders-repository.js';
import type { OrderRow } from './orders-tables.js';

const NEVER_PLACED = {
  out_of_stock: 'There is too little stock for this order.',
  reservation_expired: 'The stock was not confirmed in time; place the order again with another key.',
};

@Injectable()
export class OrdersService implements OrdersApi {
  constructor(
    private readonly orders: OrdersRepository,
    private readonly fulfilment: OrderFulfilment,
    private readonly catalog: CatalogApi,
    private readonly context: InternalTokenContext,
  ) {}

  async place({ lines, idempotencyKey: key }: PlaceOrderInput): Promise<Order> {
    this.context.require('orders:write');
    const known = key === undefined ? undefined : await this.orders.findByKey(key);
    const placed = known ?? (await this.#open(lines, key));
    if (!sameLines(placed.lines, lines)) {
      throw new PortError('idempotency_key_reused', 422, 'This Idempotency-Key belongs to another order.');
    }
    const order = placed.status === 'pending' ? await this.fulfilment.fulfil(placed) : placed;
    if (order.status === 'cancelled' && order.cancel_reason !== null && order.cancel_reason !== 'requested') {
      throw new PortError(order.cancel_reason, 409, NEVER_PLACED[order.cancel_reason]);
    }
    return toOrder(order);
  }

  async get({ orderId }: OrderInput): Promise<Order> {
    this.context.require('orders:read');
    return toOrder(await this.fulfilment.resume(await this.#find(orderId)));
  }

  async list({ limit = 20, cursor }: ListOrdersInput): Promise<OrderPage> {
    this.context.require('orders:read');
    const rows = await this.orders.page(limit + 1, cursor);
    const resumed = await Promise.all(rows.slice(0, limit).map((row) => this.fulfilment.resume(row)));
    const orders = resumed.map(toOrder);
    const last = orders.at(-1);
    return rows.length > limit && last ? { orders, nextCursor: last.id } : { orders };
  }

  async cancel({ orderId }: OrderInput): Promise<Order> {
    this.context.require('orders:write');
    return toOrder(await this.fulfilment.cancel(await this.#find(orderId)));
  }

  async #find(orderId: string): Promise<OrderRow> {
    const order = await this.orders.find(orderId);
    if (!order) throw new PortError('order_not_found', 404, 'There is no such order.');
    return order;
  }

  async #open(lines: PlaceOrderInput['lines'], key: string | undefined): Promise<OrderRow> {
    const { items } = await this.catalog.findItems({ itemIds: lines.map(({ itemId }) => itemId) });
    const known = new Map(items.map((item) => [item.id, item]));
    const priced = lines.map(({ itemId, quantity }) => {
      const item = known.get(itemId);
      if (!item) throw new PortError('unknown_item', 422, `There is no item ${itemId}.`);
      return { itemId, quantity, unitPrice: item.price };
    });
    const [currency, ...others] = new Set(items.map((item) => item.currency));
    if (currency === undefined || others.length > 0) {
      throw new PortError('mixed_currencies', 422, 'All items of an order must have the same currency.');
    }
    const opened = await this.orders.insert(priced, currency, key);
    if (opened) return opened;
    const other = key === undefined ? undefined : await this.orders.findByKey(key);
    if (!other) throw new PortError('order_conflict', 409, 'Please try again.');
    return other;
  }
}

function sameLines(placed: Order['lines'], wanted: PlaceOrderInput['lines']): boolean {
  const quantities = new Map(placed.map(({ itemId, quantity }) => [itemId, quantity]));
  return wanted.length === placed.length && wanted.every((line) => quantities.get(line.itemId) === line.quantity);
}

function toOrder({ id, status, currency, lines, placed_at }: OrderRow): Order {
  const total = lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);
  return { id, status, placedAt: placed_at.toISOString(), currency, total, lines };
}
