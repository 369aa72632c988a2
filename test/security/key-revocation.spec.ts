import { Controller, Get } from '@nestjs/common';
import { jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { InternalTokenVerifier } from 'nestjs-internal-token';
import { AccessTokenAuthenticator } from 'nestjs-internal-token/gateway';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { ADAPTERS, type Running, start } from '../../libs/internal-token/test/support/adapters.js';
import { AccessTokenIssuer, AUDIENCE, issuerKey, publicJwk } from '../support/access-token-issuer.js';
import { bearer, codeOf } from '../support/authenticator.js';
import { holdTimers } from '../support/held-timers.js';
import { JwksServer } from '../support/jwks-server.js';

@Controller('orders')
class OrdersController {
  @Get()
  list() {
    return [];
  }
}

const keysOf = async (tokens: TestTokenIssuer) => (await tokens.keys.source.load(new AbortController().signal)).keys;

describe.each(ADAPTERS)('a withdrawn key, on $adapter', (row) => {
  const [old, next] = [new TestTokenIssuer(), new TestTokenIssuer()];
  let source: JwksServer;
  let running: Running;

  const open = async (refreshSeconds: number) => {
    source = await JwksServer.start([...(await keysOf(old)), ...(await keysOf(next))]);
    running = await start(row, {
      controllers: [OrdersController],
      options: { keys: { jwksUri: source.jwksUri, refreshSeconds } },
    });
  };
  afterEach(async () => {
    jest.useRealTimers();
    await running.app.close();
    await source.goDown();
  });
  const codeFor = async (token: string) => {
    const response = await running.get('/orders', token);
    return response.ok ? 200 : ((await response.json()) as { code: string }).code;
  };

  it("R108: refuses its tokens from the next refresh, cached ones too, and accepts other keys' tokens", async () => {
    await open(0.2);
    const stolen = old.token();
    expect([await codeFor(stolen), await codeFor(stolen), await codeFor(next.token())]).toEqual([200, 200, 200]);
    source.keys = await keysOf(next);
    while ((await codeFor(stolen)) === 200) await sleep(10);
    expect([await codeFor(stolen), await codeFor(old.token())]).toEqual(['txn_key_unknown', 'txn_key_unknown']);
    expect(await codeFor(next.token())).toBe(200);
  });

  it('R108: refuses its tokens at once after reloadKeys()', async () => {
    await open(3600);
    const stolen = old.token();
    expect(await codeFor(stolen)).toBe(200);
    source.keys = await keysOf(next);
    expect(await codeFor(stolen)).toBe(200);
    expect(await running.app.get(InternalTokenVerifier, { strict: false }).reloadKeys()).toBe(true);
    expect(await codeFor(stolen)).toBe('txn_key_unknown');
    source.misbehave = (response) => void response.destroy();
    expect(await running.app.get(InternalTokenVerifier, { strict: false }).reloadKeys()).toBe(false);
    expect(await codeFor(next.token())).toBe(200);
  });

  it('R104b: verifies a newly published key at its first use, before the next refresh', async () => {
    await open(3600);
    const fresh = new TestTokenIssuer();
    expect(await codeFor(fresh.token())).toBe('txn_key_unknown');
    source.keys = [...source.keys, ...(await keysOf(fresh))];
    // A request waits at most a second for the keys, in which a busy machine may get nothing done.
    holdTimers();
    expect(await codeFor(fresh.token())).toBe(200);
  });
});

describe('a withdrawn key of an identity provider', () => {
  let issuer: AccessTokenIssuer;
  let gateway: AccessTokenAuthenticator;
  beforeEach(async () => {
    issuer = await AccessTokenIssuer.start();
    gateway = new AccessTokenAuthenticator({
      issuers: [{ issuer: issuer.url, audience: AUDIENCE, jwksUri: `${issuer.url}/jwks` }],
      allowInsecureLoopback: true,
      keyRefreshSeconds: 0.2,
    });
    await gateway.start();
  });
  afterEach(async () => {
    gateway.close();
    await issuer.close();
  });
  const attempt = async (token: string) => {
    try {
      await gateway.authenticate(bearer(token));
      return 'accepted';
    } catch (error) {
      return error;
    }
  };
  const refreshed = async () => {
    const count = () => issuer.asked.filter((path) => path === '/jwks').length;
    const until = count() + 2;
    while (count() < until) await sleep(10);
  };

  it('R108: refuses its access tokens within the refresh interval, cached ones too', async () => {
    const token = issuer.token();
    expect(await gateway.authenticate(bearer(token))).toMatchObject({ userId: 'alice' });
    issuer.keys.splice(0, issuer.keys.length, publicJwk(await issuerKey('other', 'ES256')));
    while ((await attempt(token)) === 'accepted') await sleep(10);
    expect(await codeOf(gateway, token)).toBe('access_token_invalid');
    expect(await codeOf(gateway, issuer.token())).toBe('access_token_invalid');
  });

  it('R106: keeps cached results when a refresh finds the same keys', async () => {
    const token = issuer.token();
    const principal = await gateway.authenticate(bearer(token));
    await refreshed();
    expect(gateway.authenticate(bearer(token))).toBe(principal);
  });
});
