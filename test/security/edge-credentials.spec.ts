import { Logger, type LoggerService } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { issuerKey } from '../support/access-token-issuer.js';
import { EdgeGateway, problemIn, seenIn } from '../support/edge-gateway.js';
import { head } from '../support/raw-http.js';

describe.each(['fastify', 'express'] as const)('credentials at the edge (%s)', (platform) => {
  let gateway: EdgeGateway;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
  });
  afterAll(() => gateway.close());

  it('R29: answers 401 without an error code to a protected route without credentials', async () => {
    const response = await gateway.get('/orders');
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer realm="api"');
    expect(response.headers['cache-control']).toBe('no-store');
    expect(problemIn(response)['code']).toBe('access_token_missing');
  });

  it('R28, R30, R40, R47: refuses every kind of invalid token on every route with the same body, without a mint', async () => {
    const now = Math.floor(Date.now() / 1000);
    const valid = gateway.issuer.token();
    const tokens = [
      gateway.issuer.token({ exp: now - 60 }),
      gateway.issuer.token({ exp: now + 3 }),
      gateway.issuer.token({ exp: undefined }),
      gateway.issuer.token({ iss: 'https://evil.example' }),
      gateway.issuer.token({ aud: 'https://other.example' }),
      gateway.issuer.token({ sub: 'anonymous' }),
      gateway.issuer.token({ sub: 'workload:gateway' }),
      gateway.issuer.token({ sub: 7 }),
      gateway.issuer.token({ cnf: { jkt: 'x' } }),
      gateway.issuer.token({}, { typ: 'JWT' }),
      gateway.issuer.token({}, { alg: 'none' }),
      gateway.issuer.token({}, { kid: '../../etc/passwd' }),
      gateway.issuer.token({}, {}, await issuerKey()),
      `${valid.slice(0, -2)}${valid.endsWith('AA') ? 'BB' : 'AA'}`,
      `${valid}.x`,
      'rubbish',
      'a.b.c',
    ];
    const minted = gateway.tokens.minted;
    const bodies = new Set<string>();
    for (const path of ['/orders', '/catalog/items']) {
      for (const token of tokens) {
        const response = await gateway.get(path, `Authorization: Bearer ${token}`);
        expect(response.status).toBe(401);
        expect(response.headers['www-authenticate']).toBe('Bearer realm="api", error="invalid_token"');
        const { request_id: id, ...rest } = problemIn(response);
        expect(id).toMatch(/^[0-9a-f]{32}$/);
        bodies.add(JSON.stringify(rest));
        expect(response.head + response.body).not.toContain(token.slice(0, 40));
      }
    }
    expect(bodies.size).toBe(1);
    expect(gateway.tokens.minted).toBe(minted);
  });

  it.each([
    ['two headers', ['Authorization: Bearer a', 'Authorization: Bearer b']],
    ['two equal headers', ['Authorization: Bearer a', 'Authorization: Bearer a']],
    ['two tokens', ['Authorization: Bearer a b']],
    ['a list', ['Authorization: Bearer a, Bearer b']],
    ['no token', ['Authorization: Bearer']],
  ])('R32: answers 400 invalid_request to %s, on public routes too', async (_name, lines) => {
    for (const path of ['/orders', '/catalog/items']) {
      const response = await gateway.get(path, ...lines);
      expect(response.status).toBe(400);
      expect(response.headers['www-authenticate']).toBe('Bearer realm="api", error="invalid_request"');
      expect(problemIn(response)['code']).toBe('invalid_request');
    }
  });

  it('R32: ignores a token in query, cookie or body', async () => {
    const token = gateway.issuer.token();
    const form = `access_token=${token}`;
    expect((await gateway.get(`/orders?access_token=${token}`)).status).toBe(401);
    expect((await gateway.get('/orders', `Cookie: access_token=${token}; token=${token}`)).status).toBe(401);
    const posted = await gateway.send(
      `POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
        `Content-Length: ${form.length}\r\n\r\n${form}`,
    );
    expect(posted.status).toBe(401);
  });

  it('shows no credentials to the code that answers preflights', async () => {
    const seen: unknown[] = [];
    const note = ({ method, rawHeaders }: IncomingMessage, _response: unknown, next: () => void) => {
      seen.push(
        method,
        rawHeaders.filter((text) => text.includes('secret')),
      );
      next();
    };
    const watched = await EdgeGateway.start({ prepare: (app) => app.use(note) });
    await watched.send(
      head(
        'OPTIONS /orders HTTP/1.1',
        'Host: a',
        'Origin: https://shop.example',
        'Access-Control-Request-Method: GET',
        'Cookie: session=secret',
        'Authorization: Bearer secret',
      ),
    );
    expect(seen).toEqual(['OPTIONS', []]);
    await watched.close();
  });

  it('R31, R43: answers 403 insufficient_scope when no scope is left', async () => {
    for (const scope of ['catalog.read', 'unknown', '', undefined]) {
      const response = await gateway.get('/orders', gateway.bearer({ scope }));
      expect([401, 403]).toContain(response.status);
      if (response.status !== 403) continue;
      expect(response.headers['www-authenticate']).toBe('Bearer realm="api", error="insufficient_scope"');
      expect(problemIn(response)['code']).toBe('insufficient_scope');
    }
    expect((await gateway.get('/orders', gateway.bearer({ scope: 'catalog.read' }))).status).toBe(403);
  });

  it('R42: mints the scopes the route asks for, and all of them only where any will do', async () => {
    const line = gateway.bearer({ scope: 'orders.read orders.write catalog.read' });
    expect(seenIn(await gateway.get('/orders', line)).claims.scope).toBe('orders.read');
    expect(seenIn(await gateway.get('/orders/me', line)).claims.scope).toBe('orders.read orders.write catalog.read');
  });

  it('answers 403 at the edge when the user lacks a permission', async () => {
    const minted = gateway.tokens.minted;
    const response = await gateway.send(`DELETE /orders/7 HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\n\r\n`);
    expect(response.status).toBe(403);
    expect(problemIn(response)['code']).toBe('insufficient_permissions');
    expect(gateway.tokens.minted).toBe(minted);
  });

  it('R47: mints an anonymous token with an id for a public route without credentials', async () => {
    const response = await gateway.get('/catalog/items');
    const { claims, txn } = seenIn(response);
    expect(claims).toMatchObject({ userId: 'anonymous', authenticated: false, permissions: [], scope: 'anonymous' });
    expect(claims).not.toHaveProperty('tenantId');
    expect(claims.tokenId).toBe(txn);
    expect(response.headers['x-request-id']).toBe(txn);
  });

  it('identifies the caller on a public route with credentials', async () => {
    const response = await gateway.get('/catalog/items', gateway.bearer({ scope: 'catalog.read' }));
    expect(seenIn(response).claims).toMatchObject({ userId: 'alice', tenantId: 'acme', authenticated: true });
  });

  it('R113: mints no internal token that outlives the access token', async () => {
    const exp = Math.floor(Date.now() / 1000) + 50;
    expect(seenIn(await gateway.get('/orders', gateway.bearer({ exp }))).claims.expiresAt).toBe(exp);
  });

  it('R129: keeps answers of protected routes out of shared caches', async () => {
    expect((await gateway.get('/orders', gateway.bearer())).headers['cache-control']).toBe('private, no-store');
  });
});

describe('logging of refused access tokens', () => {
  it('R40, R116, R117: logs the reason and the id, never the token', async () => {
    const lines: string[] = [];
    const take = (...parts: unknown[]): void => void lines.push(parts.map(String).join(' '));
    const logger: LoggerService = { log: take, warn: take, error: take, debug: take, verbose: take, fatal: take };
    const gateway = await EdgeGateway.start();
    Logger.overrideLogger(logger);
    const token = gateway.issuer.token({ aud: 'https://other.example' });
    await gateway.get('/orders', `Authorization: Bearer ${token}`);
    await gateway.get('/orders', 'Authorization: Bearer \x1b[31mred');
    Logger.overrideLogger(false);
    await gateway.close();
    expect(lines.some((line) => line.includes('access_token_invalid'))).toBe(true);
    expect(lines.join('\n')).not.toContain('eyJ');
    expect(lines.join('\n')).not.toContain('\x1b');
  });
});
