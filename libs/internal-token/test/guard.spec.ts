import { Controller, Get, Header, Post } from '@nestjs/common';
import {
  AnyScope,
  InternalClaims,
  InternalTokenContext,
  InternalTokenGuard,
  type InternalTokenClaims,
  NoInternalToken,
  Public,
  RequirePermissions,
  RequireScope,
} from 'nestjs-internal-token';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { ADAPTERS, type Running, start } from './support/adapters.js';

@Controller('orders')
class OrdersController {
  @Get()
  all(@InternalClaims() claims: InternalTokenClaims) {
    return { ...claims };
  }

  @Get('mine/:id')
  mine(@InternalClaims('userId') userId: string, @InternalClaims('tenantId') tenantId: string) {
    return { userId, tenantId };
  }

  @Post()
  @RequireScope('orders.write', 'orders.admin')
  @RequirePermissions('orders:write', 'orders:pay')
  place() {
    return { placed: true };
  }

  @Get('frozen')
  frozen(@InternalClaims() claims: InternalTokenClaims) {
    const attempts: [object, string][] = [
      [claims, 'userId'],
      [claims.permissions, '0'],
      [claims.custom, 'plan'],
    ];
    return attempts.map(([target, key]) => Reflect.set(target, key, 'changed'));
  }

  @Get('cached')
  @Header('Cache-Control', 'max-age=60')
  cached() {
    return {};
  }
}

@Controller('catalog')
@Public()
class CatalogController {
  @Get()
  @RequireScope('catalog.read')
  items(@InternalClaims('authenticated') authenticated: boolean) {
    return { authenticated };
  }

  @Get('any')
  @AnyScope()
  any() {
    return {};
  }

  @Get('drafts')
  @RequirePermissions('catalog:write')
  drafts() {
    return {};
  }
}

@Controller('health')
@NoInternalToken()
class HealthController {
  @Get()
  live() {
    return { live: true };
  }

  @Get('who')
  who(@InternalClaims() claims: InternalTokenClaims) {
    return claims;
  }
}

describe.each(ADAPTERS)('The guard on $adapter', (row) => {
  let running: Running;

  beforeAll(async () => {
    running = await start(row, { controllers: [OrdersController, CatalogController, HealthController] });
  });
  afterAll(() => running.app.close());

  const post = (path: string, token: string) =>
    fetch(`${running.url}${path}`, { method: 'POST', headers: { 'Txn-Token': token } });

  it('R22: passes the verified claims to the handler', async () => {
    const token = running.tokens.token({ userId: 'ada', tenantId: 'acme', permissions: ['a'], scope: 'x y' });
    const response = await running.get('/orders', token);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      tokenId: expect.stringMatching(/^[0-9a-f]{32}$/),
      userId: 'ada',
      tenantId: 'acme',
      permissions: ['a'],
      scope: 'x y',
      issuer: 'api_gateway',
      requestedBy: 'test-gateway',
      authenticated: true,
    });
  });

  it('R22: passes a single claim to the handler', async () => {
    const response = await running.get('/orders/mine/7', running.tokens.token({ userId: 'ada', tenantId: 'acme' }));
    expect(await response.json()).toEqual({ userId: 'ada', tenantId: 'acme' });
  });

  it('R23: claims cannot be changed, at any depth', async () => {
    const response = await running.get('/orders/frozen', running.tokens.token({ permissions: ['a'] }));
    expect(await response.json()).toEqual([false, false, false]);
  });

  it('R77, R83, R85, R87: refuses a request without a token, with a challenge that names no error', async () => {
    const response = await running.get('/orders');
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(response.headers.get('www-authenticate')).toBe('Txn-Token realm="test"');
    expect(response.headers.get('cache-control')).toContain('no-store');
    const problem = (await response.json()) as Record<string, unknown>;
    expect(problem).toMatchObject({ status: 401, code: 'txn_missing' });
    expect(problem['request_id']).toBe(response.headers.get('x-request-id'));
  });

  it.each([
    ['txn_malformed', () => 'Bearer abc'],
    ['txn_multiple', () => `${running.tokens.token()},${running.tokens.token()}`],
    ['txn_type', () => running.tokens.wrongType()],
    ['txn_alg', () => running.tokens.forged({ header: { alg: 'RS256' } })],
    ['txn_key_unknown', () => running.tokens.unknownKey()],
    ['txn_signature', () => running.tokens.tampered()],
    ['txn_issuer', () => running.tokens.wrongIssuer()],
    ['txn_audience', () => running.tokens.wrongAudience()],
    ['txn_expired', () => running.tokens.expired()],
    ['txn_not_yet_valid', () => running.tokens.notYetValid()],
    ['txn_lifetime', () => running.tokens.forged({ payload: { exp: Math.floor(Date.now() / 1000) + 3000 } })],
    ['txn_claims_invalid', () => running.tokens.forged({ payload: { sub: '' } })],
    ['txn_too_large', () => 'e'.repeat(8193)],
  ])('R83, R85: answers a bad token with 401, code %s and an error in the challenge', async (code, token) => {
    const response = await running.get('/orders', token());
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Txn-Token realm="test", error="invalid_token"');
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ status: 401, code });
    expect(body).not.toMatch(/eyJ|stack|node_modules/);
  });

  it('R84: answers a token for another purpose with 403 and insufficient_scope', async () => {
    const token = running.tokens.token({ scope: 'orders.read', permissions: ['orders:write', 'orders:pay'] });
    const response = await post('/orders', token);
    expect(response.status).toBe(403);
    expect(response.headers.get('cache-control')).toContain('no-store');
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect(await response.json()).toMatchObject({ code: 'txn_scope', error: 'insufficient_scope' });
  });

  it('R84: answers 403 for a user who lacks one of the permissions', async () => {
    const response = await post(
      '/orders',
      running.tokens.token({ scope: 'orders.write', permissions: ['orders:pay'] }),
    );
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'txn_permission' });
  });

  it.each(['orders.write', 'orders.admin', 'other orders.admin'])(
    'accepts any one of the purposes: %s',
    async (scope) => {
      const token = running.tokens.token({ scope, permissions: ['orders:write', 'orders:pay'] });
      expect((await post('/orders', token)).status).toBe(201);
    },
  );

  it('R81: does not accept part of a purpose or permission as the whole', async () => {
    const all = ['orders:write', 'orders:pay'];
    expect((await post('/orders', running.tokens.token({ scope: 'orders.writer', permissions: all }))).status).toBe(
      403,
    );
    const longer = running.tokens.token({ scope: 'orders.write', permissions: ['orders:write2', 'orders:pay'] });
    expect((await post('/orders', longer)).status).toBe(403);
  });

  it('R81: ignores claims that a client writes into other fields', async () => {
    const headers = { 'X-Permissions': 'orders:write', 'X-Scope': 'orders.write', 'X-User-Id': 'admin' };
    expect((await running.get('/orders', undefined, headers)).status).toBe(401);
  });

  it('R47: refuses anonymous on a handler that is not @Public()', async () => {
    const response = await running.get('/orders', running.tokens.token({ authenticated: false }));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'txn_scope' });
  });

  it('R47: accepts anonymous on @Public(), even without a scope that known users need', async () => {
    const anonymous = await running.get('/catalog', running.tokens.token({ authenticated: false }));
    expect(await anonymous.json()).toEqual({ authenticated: false });
    expect((await running.get('/catalog', running.tokens.token({ scope: 'orders.read' }))).status).toBe(403);
    expect((await running.get('/catalog', running.tokens.token({ scope: 'catalog.read' }))).status).toBe(200);
    expect((await running.get('/catalog/any', running.tokens.token({ scope: 'orders.read' }))).status).toBe(200);
  });

  it('R47: never accepts anonymous on @RequirePermissions()', async () => {
    const response = await running.get('/catalog/drafts', running.tokens.token({ authenticated: false }));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'txn_permission' });
  });

  it('R47: refuses anonymous even if its token names the permission or omits authenticated', async () => {
    for (const authenticated of [false, undefined]) {
      const tctx = { permissions: ['catalog:write'], authenticated };
      const token = running.tokens.forged({ payload: { sub: 'anonymous', scope: 'anonymous', tctx } });
      expect((await running.get('/catalog/drafts', token)).status).toBe(403);
    }
  });

  it('R77: @Public() still needs a valid token', async () => {
    expect((await running.get('/catalog')).status).toBe(401);
    expect((await running.get('/catalog', running.tokens.expired())).status).toBe(401);
  });

  it('R77: @NoInternalToken() answers without a token, and with a bad one', async () => {
    expect((await running.get('/health')).status).toBe(200);
    expect((await running.get('/health', running.tokens.tampered())).status).toBe(200);
  });

  it.each([
    ['no token', () => undefined],
    ['a good token', () => running.tokens.token()],
  ])('R77: @InternalClaims() throws on a @NoInternalToken() handler, given %s', async (_name, token) => {
    const response = await running.get('/health/who', token());
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: 'txn_no_context' });
  });

  it('R77: fails closed for unknown kinds of handlers, with or without verified claims', () => {
    const { app, tokens } = running;
    const execution = new ExecutionContextHost([], OrdersController, Reflect.get(OrdersController.prototype, 'all'));
    execution.setType('rpc');
    const ask = () => app.get(InternalTokenGuard).canActivate(execution);
    expect(ask).toThrow(expect.objectContaining({ code: 'txn_no_context' }));
    expect(() => app.get(InternalTokenContext).run(tokens.claims(), ask)).toThrow(
      expect.objectContaining({ code: 'txn_no_context' }),
    );
  });

  it('R129: keeps guarded answers out of caches unless they say otherwise', async () => {
    const token = running.tokens.token();
    expect((await running.get('/orders', token)).headers.get('cache-control')).toBe('private, no-store');
    expect((await running.get('/orders/cached', token)).headers.get('cache-control')).toBe('max-age=60');
    expect((await running.get('/health')).headers.get('cache-control')).toBeNull();
  });

  it('R117: a successful answer names the id of its token', async () => {
    const claims = running.tokens.claims();
    const response = await running.get('/orders', running.tokens.token({ tokenId: claims.tokenId }));
    expect(response.headers.get('x-request-id')).toBe(claims.tokenId);
  });
});

describe.each(ADAPTERS)('Keys on $adapter', (row) => {
  it('R88: answers 503 until the keys are loaded, then serves', async () => {
    let publish: (() => void) | undefined;
    const published = new Promise<void>((resolve) => (publish = resolve));
    let attempts = 0;
    const running = await start(row, {
      controllers: [OrdersController, HealthController],
      options: {
        keys: {
          source: {
            description: 'a gateway that starts later',
            load: async (signal) => {
              attempts += 1;
              if (attempts === 1) throw new Error('not there yet');
              await published;
              return running.tokens.keys.source.load(signal);
            },
          },
        },
      },
    });
    try {
      const early = await running.get('/orders', running.tokens.token());
      expect(early.status).toBe(503);
      expect(await early.json()).toMatchObject({ code: 'txn_keys_not_ready' });
      expect((await running.get('/health')).status).toBe(200);
      publish?.();
      let status = 0;
      while (status !== 200) status = (await running.get('/orders', running.tokens.token())).status;
    } finally {
      await running.app.close();
    }
  });
});
