import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDevelopmentIdentityProvider } from '@app/dev-idp';
import type { AccessTokenAuthenticator } from '../../libs/internal-token/src/gateway/authenticate/index.js';
import { AUDIENCE } from '../support/access-token-issuer.js';
import { bearer, codeOf, reasonOf, started } from '../support/authenticator.js';
import { signIn } from '../support/sign-in.js';

describe('access tokens of a certified OpenID provider', () => {
  let directory: string;
  let provider: Awaited<ReturnType<typeof startDevelopmentIdentityProvider>>;
  let gateway: AccessTokenAuthenticator;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'real-provider-'));
    provider = await startDevelopmentIdentityProvider({ port: 0, audience: AUDIENCE, directory });
    gateway = await started([
      { issuer: provider.issuer, audience: AUDIENCE, discovery: true, introspection: provider.introspection },
    ]);
  });

  afterAll(async () => {
    gateway.close();
    await provider.close();
    await rm(directory, { recursive: true });
  });

  it('R25, R38: verifies a JWT with keys found by discovery, and maps it', async () => {
    const { access_token: token } = await signIn(provider.issuer, 'bob');
    expect(await gateway.authenticate(bearer(token))).toEqual({
      userId: 'bob',
      tenantId: 'acme',
      permissions: ['catalog:read', 'inventory:read', 'orders:read'],
      scopes: ['orders.read', 'orders.write'],
      expiresAt: expect.any(Number),
      issuer: provider.issuer,
      clientId: 'demo-cli',
    });
  });

  it('R37: introspects an opaque token and maps it to the same kind of principal', async () => {
    const { access_token: token } = await signIn(provider.issuer, 'carol', 'demo-opaque', 'openid orders.read');
    expect(token).not.toContain('.');
    expect(await gateway.authenticate(bearer(token))).toMatchObject({
      userId: 'carol',
      tenantId: 'globex',
      scopes: ['orders.read'],
      issuer: provider.issuer,
      clientId: 'demo-opaque',
    });
  });

  it("R34: refuses the provider's ID token", async () => {
    const { id_token: token } = await signIn(provider.issuer, 'alice');
    expect(await reasonOf(gateway, token)).toBe('typ is not that of an access token');
  });

  it("R26: refuses the provider's tokens for another audience, JWT and opaque", async () => {
    const other = await started([
      { issuer: provider.issuer, audience: `${AUDIENCE}/`, discovery: true, introspection: provider.introspection },
    ]);
    for (const client of ['demo-cli', 'demo-opaque']) {
      const { access_token: token } = await signIn(provider.issuer, 'alice', client);
      expect(await reasonOf(other, token)).toBe('the audience does not match');
    }
    other.close();
  });

  it('R37: refuses an opaque token that the provider never issued', async () => {
    expect(await codeOf(gateway, 'a-token-it-never-issued-12345678901234567890')).toBe('access_token_invalid');
  });

  it('R43: refuses a sign-in without any scope for the API', async () => {
    const { access_token: token } = await signIn(provider.issuer, 'alice', 'demo-cli', 'openid');
    expect(await codeOf(gateway, token)).toBe('insufficient_scope');
  });
});
