import { type AccessTokenIssuerOptions, KeyRing, type RotationPolicy } from 'nestjs-internal-token/gateway';
import {
  databaseSettings,
  developmentDirectory,
  type Environment,
  internalTlsProblems,
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
  publicTlsSettings,
  shutdownProblems,
  shutdownSettings,
  tlsPairProblems,
  trustSettings,
  upstreamSettings,
} from '@app/runtime';
import { z } from 'zod';

/** The audience for which the gateway's clients request their tokens. */
export const DEVELOPMENT_AUDIENCE = 'https://api.shop.localhost';

// Only checked to be a list here; the edge checks every member and names the wrong one.
const issuers = z.array(z.record(z.string(), z.unknown())).min(1) as unknown as z.ZodType<AccessTokenIssuerOptions[]>;

const keySet = z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1) });
// Only checked to be an object here; its members are checked against the lifetime below.
const rotation = z.record(z.string(), z.unknown()) as z.ZodType<RotationPolicy>;

const SIGNING_KEYS = [
  'INTERNAL_TOKEN_SIGNING_KEY_FILE',
  'INTERNAL_TOKEN_KEYS_DIRECTORY',
  'INTERNAL_TOKEN_SIGNING_KEYS',
] as const;

/** @public The reference page is generated from it. */
export const gatewaySettings = {
  ...listenerSettings(3000),
  ...publicTlsSettings,
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
  ...shutdownSettings,
  ...trustSettings,
  INTERNAL_TOKEN_SIGNING_KEY_FILE: {
    schema: parse.text(),
    description:
      'PEM or private JWK that signs internal tokens; development generates one under .dev. ' +
      'This, INTERNAL_TOKEN_KEYS_DIRECTORY or INTERNAL_TOKEN_SIGNING_KEYS.',
    optional: true,
    example: '/run/secrets/internal-token-key.pem',
  },
  INTERNAL_TOKEN_KEYS_DIRECTORY: {
    schema: parse.text(),
    description:
      'Directory of a key ring, shared by all replicas of the gateway: nestjs-internal-token keys new creates its first key.',
    optional: true,
    example: '/var/lib/internal-token/keys',
  },
  INTERNAL_TOKEN_SIGNING_KEYS: {
    schema: parse.json(keySet),
    description:
      'A secret: private JWK set whose first key signs and whose others are published, unless they say state.',
    optional: true,
    secret: true,
  },
  INTERNAL_TOKEN_ROTATION: {
    schema: parse.json(rotation),
    description:
      'JSON policy by which the keys in INTERNAL_TOKEN_KEYS_DIRECTORY change by themselves; ' +
      '`{"rotateEverySeconds":86400}` is enough. Unset, they change by nestjs-internal-token keys rotate.',
    optional: true,
    example: '{"rotateEverySeconds":86400}',
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
    description: 'Addresses or CIDR ranges of proxies whose X-Forwarded-For is trusted, comma separated.',
    fallback: [] as readonly string[],
  },
  PUBLIC_HOSTS: {
    schema: parse.list(),
    description:
      'Hosts that clients may name, comma separated: in Host, or in X-Forwarded-Host of a trusted proxy. ' +
      'A port other than 80 and 443 is part of the host, `*.` is any one label; others are answered 421. Unset: any.',
    optional: true,
    example: 'shop.example.com,*.shop.example.com',
  },
  STRIP_HEADERS: {
    schema: parse.list(),
    description: 'Further request fields that are removed on the public listener, comma separated.',
    fallback: [] as readonly string[],
  },
  KEEP_HEADERS: {
    schema: parse.list(),
    description:
      'Request fields of other systems to keep although they are removed by default, comma separated, such as ' +
      'X-Request-Id. Clients can write them themselves.',
    fallback: [] as readonly string[],
  },
  ...upstreamSettings,
  MAX_FORWARDED_BYTES: {
    schema: parse.count(1, 999_999_999),
    description: 'Largest body that is forwarded to a domain in another process, in bytes. Unset: no limit here.',
    optional: true,
  },
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
    ...signingProblems(values),
    ...tlsPairProblems(values, 'TLS_CERT_FILE', 'TLS_KEY_FILE'),
    ...internalTlsProblems(values),
    ...shutdownProblems(values),
    ...plaintextProblems(
      { CATALOG_URL, INVENTORY_URL, ORDERS_URL, INTERNAL_HOST: internalListener },
      values.INTERNAL_ALLOW_PLAINTEXT,
    ),
  ];
}

function signingProblems(values: GatewaySettings): SettingProblem[] {
  const problems: SettingProblem[] = [];
  const [first, ...others] = SIGNING_KEYS.filter((name) => values[name] !== undefined);
  for (const name of others) problems.push({ name, message: `${first} is set as well: give one of the two.` });
  const { INTERNAL_TOKEN_SIGNING_KEY_FILE: file, TLS_KEY_FILE, INTERNAL_TLS_KEY_FILE } = values;
  if (file !== undefined && [TLS_KEY_FILE, INTERNAL_TLS_KEY_FILE].includes(file)) {
    problems.push({ name: SIGNING_KEYS[0], message: 'is a TLS key too: internal tokens need a key of their own.' });
  }
  if (values.INTERNAL_TOKEN_ROTATION === undefined) return problems;
  const name = 'INTERNAL_TOKEN_ROTATION';
  if (values.INTERNAL_TOKEN_KEYS_DIRECTORY === undefined) {
    return [...problems, { name, message: 'keys change by a policy only in INTERNAL_TOKEN_KEYS_DIRECTORY.' }];
  }
  try {
    KeyRing.checkRotation(values.INTERNAL_TOKEN_ROTATION, values.INTERNAL_TOKEN_TTL_SECONDS);
    return problems;
  } catch (error) {
    return [...problems, { name, message: error instanceof Error ? error.message : String(error) }];
  }
}

function neededOutsideDevelopment(
  values: Partial<GatewaySettings>,
  development: boolean,
): readonly (keyof GatewaySettings)[] {
  if (development) return [];
  const { CATALOG_URL, INVENTORY_URL, ORDERS_URL } = values;
  const holdsKeys = SIGNING_KEYS.some((name) => values[name] !== undefined);
  const holdsDomains = !(CATALOG_URL && INVENTORY_URL && ORDERS_URL);
  return [
    ...(holdsKeys ? [] : ([SIGNING_KEYS[0]] as const)),
    'ACCESS_TOKEN_ISSUERS',
    ...(holdsDomains ? (['DATABASE_URL'] as const) : []),
  ];
}
