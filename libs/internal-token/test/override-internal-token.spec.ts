import { Body, Controller, Get, type INestApplication, Module, Post, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { generateKeyPairSync } from 'node:crypto';
import {
  InternalClaims,
  type InternalTokenClaims,
  InternalTokenContext,
  InternalTokenGuard,
  InternalTokenModule,
  NoReplay,
  RequirePermissions,
  RequireScope,
} from 'nestjs-internal-token';
import { InternalTokenGatewayModule, reflectRoutes } from 'nestjs-internal-token/gateway';
import { overrideInternalToken } from 'nestjs-internal-token/testing';
import request from 'supertest';
import { ADAPTERS } from './support/adapters.js';

@Controller('orders')
class OrdersController {
  constructor(private readonly context: InternalTokenContext) {}

  @Get()
  @RequireScope('orders.read')
  list(@InternalClaims() { userId, tenantId, tokenId }: InternalTokenClaims): object {
    return { userId, tenantId, sameId: this.context.txn === tokenId };
  }

  @Post()
  @RequireScope('orders.write')
  @RequirePermissions('orders:write')
  @NoReplay()
  place(@Body() body: object): object {
    return { ...body, userId: this.context.claims.userId };
  }

  @Post('paid')
  paid(): object {
    this.context.require('orders:pay');
    return { paid: true };
  }
}

const unreachable = 'http://127.0.0.1:1';

@Module({
  imports: [
    InternalTokenModule.forRoot({
      service: 'orders',
      trustDomain: 'shop.example',
      keys: { source: { description: 'nowhere', load: () => Promise.reject(new Error('unreachable')) } },
    }),
  ],
  controllers: [OrdersController],
})
class ServiceModule {}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

@Module({
  imports: [
    InternalTokenGatewayModule.forRoot({
      trustDomain: 'shop.example',
      signing: { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
      accessTokens: {
        issuers: [{ issuer: unreachable, audience: 'https://api.example', jwksUri: `${unreachable}/jwks` }],
        allowInsecureLoopback: true,
      },
      routes: { table: reflectRoutes([OrdersController], 'orders') },
    }),
  ],
  controllers: [OrdersController],
})
class GatewayModule {}

const KINDS = [
  { kind: 'a service', root: ServiceModule as Type },
  { kind: 'a gateway', root: GatewayModule as Type },
];

describe.each(ADAPTERS)('An e2e test on $adapter', ({ createAdapter }) => {
  let app: INestApplication;
  afterEach(() => app.close());

  const build = (root: Type) => Test.createTestingModule({ imports: [root] }).setLogger(false as never);
  const run = async (builder: ReturnType<typeof build>) => {
    app = (await builder.compile()).createNestApplication(createAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    return request(app.getHttpServer());
  };

  describe.each(KINDS)('of $kind', ({ root }) => {
    it('R216: overrideInternalToken() opens everything, GET and POST alike', async () => {
      const client = await run(overrideInternalToken(build(root)));
      await client.get('/orders').expect(200, { userId: 'test-user', tenantId: 'test-tenant', sameId: true });
      await client.post('/orders').send({ item: 7 }).expect(201, { item: 7, userId: 'test-user' });
    });

    it('R216: gives the claims that it is asked for, to handlers and to the context', async () => {
      const claims = { userId: 'alice', tenantId: 'acme', permissions: ['orders:pay'] };
      const client = await run(overrideInternalToken(build(root), claims));
      await client.get('/orders').expect(200, { userId: 'alice', tenantId: 'acme', sameId: true });
      await client.post('/orders').send({}).expect(201, { userId: 'alice' });
      await client.post('/orders/paid').expect(201, { paid: true });
    });

    it('R216: leaves alone what application code asks of the claims', async () => {
      const client = await run(overrideInternalToken(build(root)));
      await client.post('/orders/paid').expect(403);
    });

    it('R216: an overridden guard alone opens nothing', async () => {
      const open = { canActivate: () => true };
      const client = await run(build(root).overrideProvider(InternalTokenGuard).useValue(open));
      await client.get('/orders').expect(401);
      await client.post('/orders').send({ item: 7 }).expect(401);
      await client.get('/orders').expect(401);
    });
  });
});
