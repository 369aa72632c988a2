import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { jest } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';

import { startDevelopmentIdentityProvider } from './index.js';
import type { DevelopmentIdentityProvider } from './index.js';

const AUDIENCE = 'https://api.example.test';
const REDIRECT = 'http://127.0.0.1:49152/callback';
const PASSWORD = 'development';
const API_SCOPE = 'orders.read orders.write';
const SCOPE = `openid ${API_SCOPE}`;

interface Discovery {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  introspection_endpoint: string;
  jwks_uri: string;
  code_challenge_methods_supported: string[];
}

/** The part of a browser that a sign-in needs: cookies, and visible redirects. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async open(url: string, form?: Record<string, string>): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie, accept: 'text/html' },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const [name = '', value = ''] = pair.split('=');
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  async follow(response: Response, until: string): Promise<URL> {
    const location = new URL(response.headers.get('location') ?? '', response.url);
    return location.href.startsWith(until) ? location : this.follow(await this.open(location.href), until);
  }
}

describe('The development identity provider', () => {
  const consoleSpies = (['log', 'info', 'warn', 'error'] as const).map((level) => jest.spyOn(console, level));
  let directory: string;
  let provider: DevelopmentIdentityProvider;
  let discovery: Discovery;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dev-idp-'));
    provider = await startDevelopmentIdentityProvider({ port: 0, audience: AUDIENCE, directory });
    discovery = (await (await fetch(`${provider.issuer}/.well-known/openid-configuration`)).json()) as Discovery;
  });

  afterAll(async () => {
    await provider.close();
    await rm(directory, { recursive: true });
    for (const spy of consoleSpies) spy.mockRestore();
  });

  function authorizationUrl(parameters: Record<string, string> = {}): string {
    const query = new URLSearchParams({
      client_id: 'demo-cli',
      response_type: 'code',
      redirect_uri: REDIRECT,
      scope: SCOPE,
      state: 'some-state',
      code_challenge_method: 'S256',
      ...parameters,
    });
    return `${discovery.authorization_endpoint}?${query.toString()}`;
  }

  async function startSignIn(browser: Browser, parameters: Record<string, string> = {}): Promise<string> {
    const response = await browser.open(
      authorizationUrl({ code_challenge: challengeOf('x'.repeat(43)), ...parameters }),
    );
    return new URL(response.headers.get('location') ?? '', discovery.issuer).href;
  }

  async function exchange(form: Record<string, string>): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(discovery.token_endpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'demo-cli',
        redirect_uri: REDIRECT,
        ...form,
      }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async function signIn(login: string, client_id = 'demo-cli', parameters: Record<string, string> = {}) {
    const verifier = randomBytes(32).toString('base64url');
    const browser = new Browser();
    const page = await startSignIn(browser, { client_id, code_challenge: challengeOf(verifier), ...parameters });
    const answer = await browser.follow(await browser.open(page, { login, password: PASSWORD }), REDIRECT);
    const code = answer.searchParams.get('code') ?? '';
    return { answer, code, verifier, redeem: () => exchange({ client_id, code, code_verifier: verifier }) };
  }

  async function introspect(token: string, clientId: string, secret: string): Promise<Response> {
    return fetch(provider.introspection.endpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ token }),
    });
  }

  it('publishes a discovery document and a matching key set, without a private key', async () => {
    expect(discovery.issuer).toBe(provider.issuer);
    expect(discovery.code_challenge_methods_supported).toEqual(['S256']);
    const endpoints = Object.entries(discovery).filter(([name]) => /_endpoint$|_uri$/.test(name));
    for (const [, url] of endpoints) expect(String(url).startsWith(`${provider.issuer}/`)).toBe(true);

    const { keys } = (await (await fetch(discovery.jwks_uri)).json()) as { keys: Record<string, unknown>[] };
    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
    expect(keys[0]).not.toHaveProperty('d');
  });

  it('issues a JWT access token with tenant and permissions for a code and its verifier', async () => {
    const { answer, redeem } = await signIn('alice');
    expect(answer.searchParams.get('state')).toBe('some-state');
    expect(answer.searchParams.get('iss')).toBe(provider.issuer);

    const { status, body } = await redeem();
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', scope: API_SCOPE });

    const { payload, protectedHeader } = await jwtVerify(
      String(body['access_token']),
      createRemoteJWKSet(new URL(discovery.jwks_uri)),
      { issuer: provider.issuer, audience: AUDIENCE, typ: 'at+jwt', algorithms: ['ES256'] },
    );
    expect(protectedHeader.kid).toEqual(expect.any(String));
    expect(payload).toMatchObject({ sub: 'alice', client_id: 'demo-cli', tenant_id: 'acme', scope: API_SCOPE });
    expect(payload['permissions']).toEqual(
      expect.arrayContaining(['orders:write', 'catalog:write', 'inventory:write']),
    );
    // The library reads the clock for each of them: a second may pass in between.
    expect(Math.abs((payload.exp ?? 0) - (payload.iat ?? 0) - 3600)).toBeLessThanOrEqual(1);
    expect(payload.jti).toEqual(expect.any(String));

    const idToken = decodeJwt(String(body['id_token']));
    expect(idToken).toMatchObject({ iss: provider.issuer, aud: 'demo-cli', sub: 'alice' });
    expect(decodeProtectedHeader(String(body['id_token'])).alg).toBe('ES256');
  });

  it('issues different claims to people of different tenants and with different permissions', async () => {
    const bob = decodeJwt(String((await (await signIn('bob')).redeem()).body['access_token']));
    const carol = decodeJwt(String((await (await signIn('carol')).redeem()).body['access_token']));
    expect(bob['tenant_id']).toBe('acme');
    expect(bob['permissions']).toEqual(['catalog:read', 'inventory:read', 'orders:read']);
    expect(carol['tenant_id']).toBe('globex');
    expect(carol['permissions']).toContain('orders:write');
  });

  it('grants only scopes that were requested and that it knows', async () => {
    const { redeem } = await signIn('alice', 'demo-cli', { scope: 'openid catalog.read everything' });
    expect((await redeem()).body['scope']).toBe('catalog.read');
  });

  it('shows the sign-in page again after a wrong password, and accepts the right one there', async () => {
    const browser = new Browser();
    const page = await startSignIn(browser);
    const refused = await browser.open(page, { login: 'alice', password: 'wrong' });
    expect(refused.status).toBe(403);
    const again = await refused.text();
    expect(again).toContain('role="alert"');
    expect(again.match(/<input[^>]*autofocus/g)).toEqual([expect.stringContaining('id="password"')]);
    expect((await browser.open(page, { login: 'mallory', password: PASSWORD })).status).toBe(403);

    const answer = await browser.follow(await browser.open(page, { login: 'alice', password: PASSWORD }), REDIRECT);
    expect(answer.searchParams.get('code')).toEqual(expect.any(String));
  });

  it('tells the application that the person cancelled', async () => {
    const browser = new Browser();
    const page = await startSignIn(browser);
    const answer = await browser.follow(await browser.open(page, { cancel: 'yes' }), REDIRECT);
    expect(answer.searchParams.get('error')).toBe('access_denied');
  });

  it('refuses a sign-in page from another browser', async () => {
    const page = await startSignIn(new Browser());
    expect((await new Browser().open(page, { login: 'alice', password: PASSWORD })).status).toBe(400);
  });

  it('asks for the account at each authorization, even after a sign-in', async () => {
    const browser = new Browser();
    for (const login of ['alice', 'bob']) {
      const page = await startSignIn(browser);
      expect(page).toContain('/interaction/');
      const answer = await browser.follow(await browser.open(page, { login, password: PASSWORD }), REDIRECT);
      const { body } = await exchange({ code: answer.searchParams.get('code') ?? '', code_verifier: 'x'.repeat(43) });
      expect(decodeJwt(String(body['access_token'])).sub).toBe(login);
    }
  });

  it('refuses a wrong verifier, and a code that was already used', async () => {
    const wrong = await signIn('alice');
    expect(await exchange({ code: wrong.code, code_verifier: 'y'.repeat(43) })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });

    const right = await signIn('alice');
    expect((await right.redeem()).status).toBe(200);
    expect(await right.redeem()).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('requires PKCE', async () => {
    const browser = new Browser();
    const answer = await browser.follow(await browser.open(authorizationUrl()), REDIRECT);
    expect(answer.searchParams.get('error')).toBe('invalid_request');
  });

  it.each([
    ['another host', 'https://attacker.example/callback'],
    ['another path on loopback', 'http://127.0.0.1:49152/elsewhere'],
  ])('refuses a redirect to %s on its own error page', async (_case, redirect_uri) => {
    const response = await new Browser().open(authorizationUrl({ redirect_uri, code_challenge: 'c'.repeat(43) }));
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
    expect(await response.text()).toContain('invalid_redirect_uri');
  });

  it('refuses an unknown resource', async () => {
    const parameters = { resource: 'https://other.example.test', code_challenge: 'c'.repeat(43) };
    const browser = new Browser();
    const answer = await browser.follow(await browser.open(authorizationUrl(parameters)), REDIRECT);
    expect(answer.searchParams.get('error')).toBe('invalid_target');
  });

  it('issues opaque tokens to the second client, which only the gateway can introspect', async () => {
    const token = String((await (await signIn('alice', 'demo-opaque')).redeem()).body['access_token']);
    expect(token).not.toContain('.');
    const secret = await readFile(provider.introspection.clientSecretFile, 'utf8');

    const answer = await introspect(token, provider.introspection.clientId, secret);
    expect(await answer.json()).toMatchObject({
      active: true,
      iss: provider.issuer,
      aud: AUDIENCE,
      sub: 'alice',
      tenant_id: 'acme',
      scope: API_SCOPE,
      permissions: expect.arrayContaining(['orders:write']),
    });
    expect(await (await introspect('unknown', provider.introspection.clientId, secret)).json()).toEqual({
      active: false,
    });
    expect((await introspect(token, provider.introspection.clientId, 'guessed')).status).toBe(401);
  });

  it('shows the accounts and their password on a page without scripts that no other site can frame', async () => {
    const browser = new Browser();
    const response = await browser.open(await startSignIn(browser, { login_hint: '"><script>alert(1)</script>' }));
    const text = await response.text();
    for (const shown of ['alice', 'bob', 'carol', 'acme', 'globex', PASSWORD]) expect(text).toContain(shown);
    expect(text).not.toContain('<script');

    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain(`form-action 'self' ${new URL(REDIRECT).origin}`);
    const style = /<style>([^]*)<\/style>/.exec(text)?.[1] ?? '';
    expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  });

  it('answers 421 to a host name that was rebound to this machine', async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { host: 'attacker.example' };
      get(discovery.jwks_uri, { headers }, (response) => resolve(response.resume().statusCode)).once('error', reject);
    });
    expect(status).toBe(421);
  });

  it('answers 400 to an unparsable address and keeps running', async () => {
    const { hostname, port } = new URL(discovery.issuer);
    const status = await new Promise((resolve, reject) => {
      get({ hostname, port, path: '//' }, (response) => resolve(response.resume().statusCode)).once('error', reject);
    });
    expect(status).toBe(400);
    expect((await fetch(discovery.jwks_uri)).status).toBe(200);
  });

  it('keeps its key over a restart, readable only by its owner', async () => {
    const { keys } = (await (await fetch(discovery.jwks_uri)).json()) as { keys: { kid: string }[] };
    const again = await startDevelopmentIdentityProvider({ port: 0, audience: AUDIENCE, directory });
    const restarted = (await (await fetch(`${again.issuer}/jwks`)).json()) as { keys: { kid: string }[] };
    await again.close();
    expect(restarted.keys[0]?.kid).toBe(keys[0]?.kid);
    expect((await stat(join(directory, 'signing-key.json'))).mode & 0o077).toBe(0);
  });

  it.each(['0.0.0.0', '192.168.1.10', 'example.test', '127.0.0.1.example.test'])(
    'does not start on the host %s',
    async (host) => {
      const start = startDevelopmentIdentityProvider({ host, port: 0, audience: AUDIENCE, directory });
      await expect(start).rejects.toThrow('loopback only');
    },
  );

  it('does not start in production', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      const start = startDevelopmentIdentityProvider({ port: 0, audience: AUDIENCE, directory });
      await expect(start).rejects.toThrow('ACCESS_TOKEN_ISSUERS');
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });

  it('reports that its port is taken', async () => {
    const port = Number(new URL(provider.issuer).port);
    const start = startDevelopmentIdentityProvider({ port, audience: AUDIENCE, directory });
    await expect(start).rejects.toMatchObject({ code: 'EADDRINUSE', port });
  });

  it('writes nothing to the console', () => {
    for (const spy of consoleSpies) expect(spy).not.toHaveBeenCalled();
  });
});

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
