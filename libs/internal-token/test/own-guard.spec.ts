import { Body, Controller, Get, Inject, Injectable, Module, Post, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { generateKeyPairSync } from 'node:crypto';
import {
  type HandlerPolicy,
  InternalTokenError,
  InternalTokenGuard,
  InternalTokenModule,
  RequirePermissions,
  RequireScope,
  type VerifiedClaims,
} from 'nestjs-internal-token';
import { InternalTokenGatewayModule, reflectRoutes } from 'nestjs-internal-token/gateway';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { AccessTokenIssuer, AUDIENCE } from '../../../test/support/access-token-issuer.js';
import { ADAPTERS, type Parts, type Running, start } from './support/adapters.js';

@Injectable()
class Blocklist {
  readonly asked: string[] = [];

  blocks(userId: string): boolean {
    this.asked.push(userId);
    return userId === 'mallory';
  }
}

@Module({ providers: [Blocklist], exports: [Blocklist] })
class BlocklistModule {}

@Injectable()
class BlockingGuard extends InternalTokenGuard {
  @Inject(Blocklist) protected readonly blocklist!: Blocklist;

  protected override checkPrincipal(claims: VerifiedClaims, policy: HandlerPolicy): void {
    super.checkPrincipal(claims, policy);
    if (this.blocklist.blocks(claims.userId)) throw new InternalTokenError('txn_permission', 'This user is blocked.');
  }
}

@Controller('things')
class ThingsController {
  @Get()
  @RequirePermissions('things:read')
  read(): object {
    return { read: true };
  }

  @Post()
  @RequireScope('things.write', 'test')
  create(@Body() body: object): object {
    return body;
  }
}

const tokens = new TestTokenIssuer();
const options = { service: 'test', trustDomain: 'test', keys: tokens.keys };
const GLOBAL = { module: BlocklistModule, global: true };

const METHODS = [
  {
    method: 'forRoot',
    imports: [GLOBAL, InternalTokenModule.forRoot({ ...options, guard: BlockingGuard })],
  },
  {
    method: 'forRootAsync',
    imports: [
      InternalTokenModule.forRootAsync({
        imports: [BlocklistModule],
        useFactory: () => Promise.resolve(options),
        guard: BlockingGuard,
      }),
    ],
  },
];

describe.each(ADAPTERS)('A guard of the application on $adapter', (row) => {
  describe.each(METHODS)('given to $method()', ({ imports }) => {
    let running: Running;
    let asked: string[];
    beforeAll(async () => {
      running = await start(row, { modules: imports, controllers: [ThingsController as Type] });
      ({ asked } = running.app.get(Blocklist, { strict: false }));
    });
    afterAll(() => running.app.close());
    beforeEach(() => void asked.splice(0));

    const reader = (userId: string) => tokens.token({ userId, permissions: ['things:read'] });
    const post = (userId: string) =>
      fetch(`${running.url}/things`, {
        method: 'POST',
        headers: { 'Txn-Token': reader(userId), 'Content-Type': 'application/json' },
        body: '{"a":1}',
      });

    it('R216: runs in place of ours, once for each request, GET and POST alike', async () => {
      expect((await running.get('/things', reader('ada'))).status).toBe(200);
      expect(asked).toEqual(['ada']);
      expect((await post('grace')).status).toBe(201);
      expect(asked).toEqual(['ada', 'grace']);
    });

    it('R216: refuses by its own rule', async () => {
      expect((await running.get('/things', reader('mallory'))).status).toBe(403);
      expect((await post('mallory')).status).toBe(403);
    });

    it('R216: keeps every step that it does not override', async () => {
      expect((await running.get('/things')).status).toBe(401);
      expect((await running.get('/things', tokens.token())).status).toBe(403);
      expect(asked).toEqual(['test-user']);
    });
  });

  it.each(['forRoot', 'forRootAsync'] as const)('R216: runs in a gateway too (%s)', async (method) => {
    const provider = await AccessTokenIssuer.start();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const gatewayOptions = {
      trustDomain: 'test',
      signing: { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
      accessTokens: {
        issuers: [{ issuer: provider.url, audience: AUDIENCE, jwksUri: `${provider.url}/jwks` }],
        allowInsecureLoopback: true,
      },
      routes: { table: reflectRoutes([ThingsController], 'things') },
    };
    const guard = BlockingGuard;
    const modules =
      method === 'forRoot'
        ? [GLOBAL, InternalTokenGatewayModule.forRoot({ ...gatewayOptions, guard })]
        : [
            InternalTokenGatewayModule.forRootAsync({
              imports: [BlocklistModule],
              useFactory: () => gatewayOptions,
              guard,
            }),
          ];
    const running = await start(row, { modules, controllers: [ThingsController as Type] });
    const post = async (sub: string) => {
      const bearer = `Bearer ${provider.token({ sub, scope: 'things.write' })}`;
      const headers = { Authorization: bearer, 'Content-Type': 'application/json' };
      return (await fetch(`${running.url}/things`, { method: 'POST', headers, body: '{}' })).status;
    };
    try {
      expect([await post('ada'), await post('mallory')]).toEqual([201, 403]);
      expect(running.app.get(Blocklist, { strict: false }).asked).toEqual(['ada', 'mallory']);
    } finally {
      await running.app.close();
      await provider.close();
    }
  });

  const failureOf = async (parts: Parts): Promise<unknown> =>
    start(row, { ...parts, controllers: [ThingsController as Type] }).then(
      async ({ app }) => {
        await app.close();
        return 'started';
      },
      (error: unknown) => error,
    );

  it.each([
    ['in its place', [{ provide: InternalTokenGuard, useClass: BlockingGuard }], 'BlockingGuard'],
    ['in its place, by a factory', [{ provide: InternalTokenGuard, useFactory: () => ({}) }], 'MyGuard'],
    ['as a second global guard', [{ provide: APP_GUARD, useClass: BlockingGuard }], 'BlockingGuard'],
    [
      'as a second global guard with a name',
      [BlockingGuard, { provide: APP_GUARD, useExisting: BlockingGuard }],
      'BlockingGuard',
    ],
  ])('R216: a provider %s stops the start and names the fix', async (_how, providers, name) => {
    const error = await failureOf({ imports: [GLOBAL], providers });
    expect(error).toMatchObject({ code: 'configuration_invalid' });
    expect(String(error)).toContain('TestModule');
    expect(String(error)).toContain(`InternalTokenModule.forRoot({ guard: ${name} })`);
  });

  it('R216: a class that does not extend InternalTokenGuard stops the start', async () => {
    class Stranger {}
    const error = await failureOf({ options: { guard: Stranger as Type<InternalTokenGuard> } });
    expect(error).toMatchObject({ code: 'configuration_invalid', message: expect.stringContaining('"guard"') });
  });
});
