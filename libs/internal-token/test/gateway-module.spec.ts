import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { generateKeyPairSync } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InternalClaims, type InternalTokenClaims, InternalTokenModule, RequireScope } from 'nestjs-internal-token';
import {
  InternalTokenGatewayModule,
  type InternalTokenGatewayOptions,
  InternalTokenIssuer,
  reflectRoutes,
} from 'nestjs-internal-token/gateway';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { freePorts } from '../../../scripts/lib/free-ports.mjs';
import { AccessTokenIssuer, AUDIENCE } from '../../../test/support/access-token-issuer.js';
import { encodedToken, newTransactionId } from '../src/core/index.js';

@Controller('orders')
class OrdersController {
  @Get('me')
  @RequireScope('orders.read')
  me(@InternalClaims() { userId, requestedBy, tokenId }: InternalTokenClaims): object {
    return { userId, requestedBy, tokenId };
  }
}

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });

describe.each(['forRoot', 'forRootAsync'] as const)('InternalTokenGatewayModule.%s', (method) => {
  let provider: AccessTokenIssuer;
  let app: INestApplication;
  let address: string;
  let internal: string;

  beforeAll(async () => {
    provider = await AccessTokenIssuer.start();
    const [port = 0] = await freePorts(1);
    const options: InternalTokenGatewayOptions = {
      service: 'front',
      trustDomain: 'shop.test',
      signing: { key: String(key) },
      accessTokens: {
        issuers: [{ issuer: provider.url, audience: AUDIENCE, jwksUri: `${provider.url}/jwks` }],
        allowInsecureLoopback: true,
      },
      routes: { table: reflectRoutes([OrdersController], 'orders') },
      internalListener: { host: '127.0.0.1', port },
    };
    const gateway =
      method === 'forRoot'
        ? InternalTokenGatewayModule.forRoot(options)
        : InternalTokenGatewayModule.forRootAsync({ useFactory: () => Promise.resolve(options) });
    @Module({ imports: [gateway], controllers: [OrdersController] })
    class Gateway {}
    app = await NestFactory.create(Gateway, new FastifyAdapter(), { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
    address = `http://127.0.0.1:${((app.getHttpServer() as Server).address() as AddressInfo).port}`;
    internal = `http://127.0.0.1:${port}`;
  });

  afterAll(async () => {
    await app.close();
    await provider.close();
  });

  const get = async (url: string, headers: Record<string, string> = {}) => {
    const response = await fetch(url, { headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('authenticates, and mints one internal token that names the service', async () => {
    const bearer = { authorization: `Bearer ${provider.token({ sub: 'ada', scope: 'orders.read' })}` };
    const { status, body } = await get(`${address}/orders/me`, bearer);
    expect([status, body]).toMatchObject([200, { userId: 'ada', requestedBy: 'front' }]);
    expect((await get(`${address}/orders/me`)).status).toBe(401);
    expect(app.get(InternalTokenIssuer, { strict: false }).minted).toBe(1);
  });

  it('publishes the key set only on the internal listener', async () => {
    const { status, body } = await get(`${internal}/.well-known/jwks.json`);
    expect([status, body]).toMatchObject([200, { keys: [{ alg: 'ES256' }] }]);
    expect((await get(`${address}/.well-known/jwks.json`)).status).toBe(404);
  });

  it('verifies tokens on the internal listener, and mints none for them', async () => {
    const issuer = app.get(InternalTokenIssuer, { strict: false });
    const tokenId = newTransactionId();
    const claims = { tokenId, userId: 'root', permissions: [], scope: 'orders.read', authenticated: true };
    const token = await encodedToken(issuer.mint(claims));
    const { minted } = issuer;
    const { status, body } = await get(`${internal}/orders/me`, { 'txn-token': token });
    expect([status, body]).toMatchObject([200, { userId: 'root', tokenId }]);
    expect((await get(`${internal}/orders/me`)).status).toBe(401);
    expect(issuer.minted).toBe(minted);
  });
});

it.each([
  [{ upstream: {} }, /: InternalTokenGatewayModule: there is no option "upstream"/],
  [{ forwardng: {} }, /: InternalTokenGatewayModule: there is no option "forwardng"; did you mean "forwarding"\?$/],
  [
    { forwarding: { upstreams: { orders: { origin: 'http://127.0.0.1:1', timeoutMs: '5s' } } } },
    /"forwarding\.upstreams\.orders\.timeoutMs" must be a whole number of milliseconds from 1 to 3600000, not "5s"\.$/,
  ],
  [{ verifying: { mode: 'lax' } }, /"verifying\.mode" must be "strict", "presence" or "shadow", not "lax"\.$/],
  [{ verifying: { mode: 'shadow' } }, /"verifying\.mode" is "shadow" without an end; set "allowUnverifiedUntil"/],
  [{ verifying: { keys: {} } }, /there is no option "verifying\.keys"/],
  [{ signing: {} }, /"signing" has no signing key; give exactly one of "ring", "key", "signer" or "jwt"\.$/],
  [
    { signing: { key: 1 } },
    /"signing\.key" must be a private key: PEM text \(not a path\), JWK or KeyObject, not a number\.$/,
  ],
  [
    { signing: { key: '/run/secrets/key.pem' } },
    /"signing\.key" must be .*\(not a path\).*, not a text of 20 characters\.$/,
  ],
  [{ internalListener: { host: '127.0.0.1', port: 65_536 } }, /"internalListener\.port" must be .*, not 65536\.$/],
])('InternalTokenGatewayModule names the path of %j from its own top, however it gets it', async (wrong, message) => {
  const options = {
    trustDomain: 'shop.test',
    signing: { key: String(key) },
    accessTokens: { issuers: [{ issuer: 'https://login.example', audience: 'api', discovery: true }] },
    routes: { table: reflectRoutes([OrdersController], 'orders') },
    ...wrong,
  } as InternalTokenGatewayOptions;
  for (const gateway of [
    () => InternalTokenGatewayModule.forRoot(options),
    () => InternalTokenGatewayModule.forRootAsync({ useFactory: () => Promise.resolve(options) }),
  ]) {
    const start = async () => {
      @Module({ imports: [gateway()] })
      class Gateway {}
      await NestFactory.create(Gateway, { logger: false, abortOnError: false });
    };
    await expect(start()).rejects.toThrow(message);
  }
});

it('does not start beside a second InternalTokenModule, which would accept internal tokens from outside', async () => {
  const options: InternalTokenGatewayOptions = {
    trustDomain: 'shop.test',
    signing: { key: String(key) },
    accessTokens: { issuers: [{ issuer: 'https://login.test', audience: AUDIENCE, discovery: true }] },
    routes: { table: reflectRoutes([OrdersController], 'orders') },
  };
  const tokens = new TestTokenIssuer({ trustDomain: 'shop.test' });
  const second = InternalTokenModule.forRoot({ service: 'orders', trustDomain: 'shop.test', keys: tokens.keys });
  @Module({ imports: [InternalTokenGatewayModule.forRoot(options), second], controllers: [OrdersController] })
  class Gateway {}
  const starting = NestFactory.create(Gateway, new FastifyAdapter(), { logger: false, abortOnError: false });
  await expect(starting).rejects.toMatchObject({
    code: 'configuration_invalid',
    message: expect.stringContaining('InternalTokenGatewayModule has it'),
  });
});
