import { InventoryApi, PortError } from '@app/contracts';
import { Injectable, Logger } from '@nestjs/common';
import { Clock } from './clock.js';
import { OrdersRepository } from './orders-repository.js';
import type { CancelReason, OrderRow } from './orders-tables.js';

/** An order that has not moved for less is still in the hands of its own request. */
export const STALE_MS = 10_000;

/**
 * Takes an order through its steps. Inventory's answer to `confirm` alone decides, and every step may be repeated:
 * the placing request, its retry and a reader after a crash all come to the same end.
 */
@Injectable()
export class OrderFulfilment {
  readonly #logger = new Logger(OrderFulfilment.name);

  constructor(
    private readonly orders: OrdersRepository,
    private readonly inventory: InventoryApi,
    private readonly clock: Clock,
  ) {}

  async fulfil(order: OrderRow): Promise<OrderRow> {
    try {
      const lines = order.lines.map(({ itemId, quantity }) => ({ itemId, quantity }));
      await this.inventory.reserve({ orderId: order.id, lines });
    } catch (error) {
      if (!(error instanceof PortError) || error.status !== 409) throw error;
      return this.#settle(order, error.code === 'out_of_stock' ? 'out_of_stock' : 'reservation_expired');
    }
    return this.#settle(order, 'reservation_expired');
  }

  async cancel(order: OrderRow): Promise<OrderRow> {
    const moved = await this.orders.move(order.id, ['pending', 'confirmed'], 'cancelling');
    return moved.status === 'cancelling' ? this.#finishCancelling(order.id) : moved;
  }

  /** Finishes what a crash or a lost connection left half done. A reader is not refused because that fails. */
  async resume(order: OrderRow): Promise<OrderRow> {
    const stale = order.placed_at.getTime() + STALE_MS <= this.clock.now().getTime();
    try {
      if (order.status === 'cancelling') return await this.#finishCancelling(order.id);
      if (order.status === 'pending' && stale) return await this.#settle(order, 'reservation_expired');
    } catch (error) {
      this.#logger.warn('order left as it is', { orderId: order.id, status: order.status, error: String(error) });
    }
    return order;
  }

  async #settle(order: OrderRow, otherwise: CancelReason): Promise<OrderRow> {
    const { status } = await this.inventory.confirm({ orderId: order.id });
    const settled =
      status === 'confirmed'
        ? await this.orders.move(order.id, ['pending'], 'confirmed')
        : await this.orders.move(order.id, ['pending'], 'cancelled', otherwise);
    const reason = settled.cancel_reason === null ? {} : { reason: settled.cancel_reason };
    this.#logger.log(`order ${settled.status}`, { orderId: order.id, lines: order.lines.length, ...reason });
    return settled;
  }

  async #finishCancelling(orderId: string): Promise<OrderRow> {
    await this.inventory.release({ orderId });
    const order = await this.orders.move(orderId, ['cancelling'], 'cancelled', 'requested');
    this.#logger.log('order cancelled', { orderId });
    return order;
  }
}
