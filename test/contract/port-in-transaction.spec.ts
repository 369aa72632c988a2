import { jest } from '@jest/globals';
import { inProcessPort } from '@app/ports';
import { StorageModule, TenantDatabase } from '@app/storage';
import { Test, type TestingModule } from '@nestjs/testing';
import { InternalTokenContext, InternalTokenModule } from 'nestjs-internal-token';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { Ledger, LedgerApi, ledgerPort } from './ledger-port.js';

// Opens embedded databases.
jest.setTimeout(300_000);

describe("a port call and the caller's transaction", () => {
  const issuer = new TestTokenIssuer();
  let module: TestingModule;
  let port: LedgerApi;
  let database: TenantDatabase<object>;

  beforeAll(async () => {
    module = await Test.createTestingModule({
      imports: [
        InternalTokenModule.forRoot({ service: 'orders', trustDomain: 'test', keys: issuer.keys }),
        StorageModule.forRoot({ memory: true }),
        StorageModule.forDomain({ name: 'orders', migrations: { getMigrations: async () => ({}) } }),
      ],
      providers: [Ledger, inProcessPort(ledgerPort, Ledger)],
    }).compile();
    module.useLogger(false);
    await module.init();
    port = module.get(LedgerApi);
    database = module.get(TenantDatabase, { strict: false });
  });

  afterAll(() => module.close());

  const asCaller = <T>(work: () => Promise<T>): Promise<T> =>
    module.get(InternalTokenContext).run(issuer.claims({ scope: 'ledger.write' }), work);

  it('cannot be nested: the call is refused with both names', async () => {
    const nested = asCaller(() => database.transaction(() => port.echo({ value: 1 })));
    await expect(nested).rejects.toMatchObject({
      code: 'storage_misused',
      detail: expect.stringMatching(/^ledger\.echo was called inside a transaction of orders/),
    });
  });

  it('may follow each other in either order', async () => {
    const value = asCaller(async () => {
      await port.echo({ value: 1 });
      await database.transaction(async () => undefined);
      return port.echo({ value: 2 });
    });
    await expect(value).resolves.toEqual({ value: 2 });
  });

  it('may run concurrently in one request', async () => {
    const both = asCaller(() => Promise.all([database.transaction(async () => 'committed'), port.echo({ value: 1 })]));
    await expect(both).resolves.toEqual(['committed', { value: 1 }]);
  });

  it('are independent once the transaction has ended, even in work it started', async () => {
    const later = asCaller(async () => {
      let ended: () => void = () => undefined;
      const end = new Promise<void>((resolve) => (ended = resolve));
      const { call } = await database.transaction(async () => ({ call: end.then(() => port.echo({ value: 3 })) }));
      ended();
      return call;
    });
    await expect(later).resolves.toEqual({ value: 3 });
  });
});
