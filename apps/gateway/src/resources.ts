import { join } from 'node:path';
import { developmentSigningKey, listening, readSettingFile } from '@app/runtime';
import type { IntrospectionOptions } from 'nestjs-internal-token/edge';
import { DEVELOPMENT_AUDIENCE, type GatewayConfig } from './gateway.config.js';
import type { GatewayResources } from './gateway.module.js';

/** Reads what the configuration names; generates or starts what development leaves open. */
export async function openResources(config: GatewayConfig): Promise<GatewayResources> {
  const { values } = config;
  const signingKey = values.INTERNAL_TOKEN_SIGNING_KEY_FILE
    ? readSettingFile('gateway', 'INTERNAL_TOKEN_SIGNING_KEY_FILE', values.INTERNAL_TOKEN_SIGNING_KEY_FILE).toString()
    : await developmentSigningKey(values.DEV_DIRECTORY, values.INTERNAL_TOKEN_ALGORITHM);
  const storage = values.DATABASE_URL ? { url: values.DATABASE_URL } : { directory: join(values.DEV_DIRECTORY, 'db') };
  if (values.ACCESS_TOKEN_ISSUERS) return { signingKey, storage, issuers: values.ACCESS_TOKEN_ISSUERS };

  const provider = await startIdentityProvider(config);
  const { issuer, introspection } = provider;
  return {
    signingKey,
    storage,
    issuers: [{ issuer, audience: DEVELOPMENT_AUDIENCE, discovery: true, introspection }],
    identityProvider: { onApplicationShutdown: () => provider.close() },
  };
}

/** Loaded here and only here, by a dynamic import: a production process never has it in memory. */
async function startIdentityProvider({ values, development }: GatewayConfig): Promise<{
  readonly issuer: string;
  readonly introspection: IntrospectionOptions;
  close(): Promise<void>;
}> {
  if (!development) throw new Error('The development identity provider is for development only.');
  const { startDevelopmentIdentityProvider } = await import('@app/dev-idp');
  return listening('gateway', 'DEV_IDP_PORT', () =>
    startDevelopmentIdentityProvider({
      port: values.DEV_IDP_PORT,
      audience: DEVELOPMENT_AUDIENCE,
      directory: join(values.DEV_DIRECTORY, 'identity-provider'),
    }),
  );
}
