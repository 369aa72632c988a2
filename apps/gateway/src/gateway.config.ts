import type { AccessTokenIssuerOptions } from 'nestjs-internal-token/edge';
import {
  databaseSettings,
  developmentDirectory,
  type Environment,
  internalTransportSettings,
  listenerSettings,
  type LoadedSettings,
  loadSettings,
  loggingSettings,
  originOf,
  parse,
  plaintextProblems,
  type SettingProblem,
  type SettingValues,
  tlsPairProblems,
  trustSettings,
  upstreamSettings,
} from '@app/runtime';
import { z } from 'zod';

/** The identifier that the gateway's clients ask their tokens for. */
export const DEVELOPMENT_AUDIENCE = 'https://api.shop.localhost';

// The edge checks every member and names the wrong one; here it only has to be a list.
const issuers = z.array(z.record(z.string(), z.unknown())).min(1) as unknown as z.ZodType<AccessTokenIssuerOptions[]>;

/** @public The reference page is made from it. */
export const gatewaySettings = {
  ...listenerSettings(3000),
  INTERNAL_HOST: {
    schema: parse.text(),
    description: 'Address of the internal listener: JWKS, health and /internal/<domain>/*.',
    development: '127.0.0.1',
    example: '10.0.0.5',
  },
  INTERNAL_PORT: {
    schema: parse.port(),
    description: 'Port of the internal listener.',
    development: 3100,
    example: '3100',
  },
  ...trustSettings,
  INTERNAL_TOKEN_SIGNING_KEY_FILE: {
    schema: parse.text(),
    description: 'PEM or private JWK that signs internal tokens; development generates one under .dev.',
    optional: true,
    example: '/run/secrets/internal-token-key.pem',
  },
  INTERNAL_TOKEN_TTL_SECONDS: {
    schema: parse.seconds(1, 300),
    description: 'Lifetime of an internal token in seconds, at most 300.',
    fallback: 60,
  },
  ACCESS_TOKEN_ISSUERS: {
    schema: parse.json(issuers),
    description:
      'JSON array of the issuers whose access tokens are accepted; development starts a provider of its own.',
    optional: true,
    example: '[{"issuer":"https://id.example.com","audience":"https://api.example.com","discovery":true}]',
  },
  TRUSTED_PROXIES: {
    schema: parse.list(),
    description: 'Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed, comma separated.',
    fallback: [] as readonly string[],
  },
  ...upstreamSettings,
  ...databaseSettings,
  ...loggingSettings,
  ...internalTransportSettings,
  ...developmentDirectory,
  DEV_IDP_PORT: {
    schema: parse.port(),
    description: 'Development only: port of the identity provider.',
    fallback: 3900,
  },
} as const;

export type GatewaySettings = SettingValues<typeof gatewaySettings>;
export type GatewayConfig = LoadedSettings<typeof gatewaySettings>;

export function loadGatewayConfig(environment: Environment = process.env): GatewayConfig {
  return loadSettings('gateway', gatewaySettings, environment, { needed: neededOutsideDevelopment, compare });
}

function compare(values: GatewaySettings): SettingProblem[] {
  const { CATALOG_URL, INVENTORY_URL, ORDERS_URL, INTERNAL_HOST, INTERNAL_PORT } = values;
  const internalListener = originOf(values.INTERNAL_TLS_CERT_FILE ? 'https' : 'http', INTERNAL_HOST, INTERNAL_PORT);
  return [
    ...tlsPairProblems(values, 'TLS_CERT_FILE', 'TLS_KEY_FILE'),
    ...tlsPairProblems(values, 'INTERNAL_TLS_CERT_FILE', 'INTERNAL_TLS_KEY_FILE'),
    ...plaintextProblems(
      { CATALOG_URL, INVENTORY_URL, ORDERS_URL, INTERNAL_HOST: internalListener },
      values.INTERNAL_ALLOW_PLAINTEXT,
    ),
  ];
}

function neededOutsideDevelopment(
  { CATALOG_URL, INVENTORY_URL, ORDERS_URL }: Partial<GatewaySettings>,
  development: boolean,
): readonly (keyof GatewaySettings)[] {
  if (development) return [];
  const holdsDomains = !(CATALOG_URL && INVENTORY_URL && ORDERS_URL);
  return [
    'INTERNAL_TOKEN_SIGNING_KEY_FILE',
    'ACCESS_TOKEN_ISSUERS',
    ...(holdsDomains ? (['DATABASE_URL'] as const) : []),
  ];
}
