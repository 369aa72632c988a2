import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TestTokenIssuer } from '../../testing/index.js';
import { InternalTokenContext } from './internal-token-context.js';

@Injectable()
class OrdersService {
  constructor(private readonly context: InternalTokenContext) {}

  async cancel(id: string): Promise<string> {
    this.context.require('orders:write');
    await Promise.resolve();
    return `${this.context.claims.tenantId}: ${id}`;
  }
}

describe('InternalTokenContext in a unit test', () => {
  it('is a plain provider: run() gives the claims', async () => {
    const module = await Test.createTestingModule({ providers: [OrdersService, InternalTokenContext] }).compile();
    const [context, orders] = [module.get(InternalTokenContext), module.get(OrdersService)];
    const tokens = new TestTokenIssuer();
    const writer = tokens.claims({ tenantId: 'acme', permissions: ['orders:write'] });
    await expect(context.run(writer, () => orders.cancel('7'))).resolves.toBe('acme: 7');
    const refused = expect.objectContaining({ code: 'txn_permission' });
    await expect(context.run(tokens.claims(), () => orders.cancel('7'))).rejects.toEqual(refused);
    await expect(orders.cancel('7')).rejects.toEqual(expect.objectContaining({ code: 'txn_no_context' }));
  });
});
