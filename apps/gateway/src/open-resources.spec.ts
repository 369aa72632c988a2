import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessTokenAuthenticator } from 'nestjs-internal-token/gateway';
import { signIn } from '../../../scripts/lib/sign-in.mjs';
import { loadGatewayConfig } from './gateway-config.js';
import type { GatewayResources } from './gateway.module.js';
import { openResources } from './open-resources.js';

describe('The gateway in development', () => {
  let directory: string;
  let resources: GatewayResources;
  let authenticator: AccessTokenAuthenticator;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'resources-'));
    resources = await openResources(loadGatewayConfig({ DEV_DIRECTORY: directory, DEV_IDP_PORT: '0' }));
    authenticator = new AccessTokenAuthenticator({ issuers: resources.issuers, allowInsecureLoopback: true });
    await authenticator.start();
  });

  afterAll(async () => {
    authenticator.close();
    await resources.identityProvider?.onApplicationShutdown();
    await rm(directory, { recursive: true });
  });

  it.each([
    ['JWTs', 'demo-cli'],
    ['opaque tokens', 'demo-opaque'],
  ])('accepts %s of its own identity provider', async (_kind, clientId) => {
    const { accessToken } = await signIn({ login: 'alice', clientId, issuer: resources.issuers[0]!.issuer });
    const principal = await authenticator.authenticate(['Authorization', `Bearer ${accessToken}`]);
    expect(principal).toMatchObject({ userId: 'alice', tenantId: 'acme' });
  });
});

it('refuses to start if the file of INTERNAL_CA_FILE cannot be read, and names the setting', async () => {
  const config = loadGatewayConfig({ INTERNAL_CA_FILE: join(tmpdir(), 'no-such-authority.pem') });
  await expect(openResources(config)).rejects.toThrow(
    'INTERNAL_CA_FILE: the file that it names cannot be read (ENOENT)',
  );
});
