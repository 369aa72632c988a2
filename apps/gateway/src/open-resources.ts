import { join } from 'node:path';
import { developmentSigningKey, internalTls, listenOrExplain, readSettingFile, storageOf } from '@app/runtime';
import { Logger } from '@nestjs/common';
import type { SigningOptions, IntrospectionOptions } from 'nestjs-internal-token/gateway';
import { DEVELOPMENT_AUDIENCE, type GatewayConfig, type GatewaySettings } from './gateway-config.js';
import type { GatewayResources } from './gateway.module.js';

/** Opens what the configuration names, and generates or starts what development leaves open. */
export async function openResources(config: GatewayConfig): Promise<GatewayResources> {
  const { values } = config;
  const signing = await signingKeys(values);
  const storage = storageOf(values);
  const tls = internalTls('gateway', values);
  if (values.ACCESS_TOKEN_ISSUERS) return { signing, storage, tls, issuers: values.ACCESS_TOKEN_ISSUERS };

  const provider = await startIdentityProvider(config);
  const { issuer, introspection } = provider;
  return {
    signing,
    storage,
    tls,
    issuers: [{ issuer, audience: DEVELOPMENT_AUDIENCE, discovery: true, introspection }],
    identityProvider: { onApplicationShutdown: () => provider.close() },
  };
}

async function signingKeys(values: GatewaySettings): Promise<SigningOptions> {
  const {
    INTERNAL_TOKEN_SIGNING_KEY_FILE: file,
    INTERNAL_TOKEN_KEYS_DIRECTORY: directory,
    INTERNAL_TOKEN_SIGNING_KEYS: keys,
    INTERNAL_TOKEN_ROTATION: rotation,
    INTERNAL_TOKEN_ALGORITHM: algorithm,
  } = values;
  if (directory) return { ring: { directory, algorithm, ...(rotation && { rotation }) } };
  if (keys) return { ring: { keys, algorithm } };
  const key = file
    ? readSettingFile(
        'gateway',
        { name: 'INTERNAL_TOKEN_SIGNING_KEY_FILE', path: file, content: 'secret' },
        (problem) => new Logger('Settings').warn(problem),
      ).toString()
    : await developmentSigningKey(values.DEV_DIRECTORY, algorithm);
  return { key, algorithm };
}

/** Loaded only here, by a dynamic import, so that a production process never has it in memory. */
async function startIdentityProvider({ values, development }: GatewayConfig): Promise<{
  readonly issuer: string;
  readonly introspection: IntrospectionOptions;
  close(): Promise<void>;
}> {
  if (!development) throw new Error('The development identity provider is for development only.');
  const { startDevelopmentIdentityProvider } = await import('@app/dev-idp');
  return listenOrExplain('gateway', 'DEV_IDP_PORT', () =>
    startDevelopmentIdentityProvider({
      port: values.DEV_IDP_PORT,
      audience: DEVELOPMENT_AUDIENCE,
      directory: join(values.DEV_DIRECTORY, 'identity-provider'),
    }),
  );
}
