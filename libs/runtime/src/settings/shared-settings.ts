import { join } from 'node:path';
import type { SettingProblem } from './configuration-error.js';
import { isLoopback } from './is-loopback.js';
import { parse } from './parse.js';
import type { ClientCertificates } from './client-certificates.js';
import type { SettingValues } from './setting.js';

const algorithm = parse.oneOf('ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'PS256');

/** Where this process listens. */
export const listenerSettings = (port: number) =>
  ({
    HOST: { schema: parse.text(), description: 'Address to listen on.', development: '127.0.0.1', example: '0.0.0.0' },
    PORT: { schema: parse.port(), description: 'Port to listen on.', development: port, example: String(port) },
    MAX_BODY_BYTES: {
      schema: parse.count(1, 999_999_999),
      description: 'Largest body that handlers of this process receive, in bytes; a larger one gets 413.',
      fallback: 1_048_576,
    },
  }) as const;

/** For a public listener; between processes use {@link internalTransportSettings}. */
export const publicTlsSettings = {
  TLS_CERT_FILE: {
    schema: parse.text(),
    description: 'PEM certificate chain of the public listener, reloaded when it changes.',
    optional: true,
  },
  TLS_KEY_FILE: { schema: parse.text(), description: 'PEM private key of TLS_CERT_FILE.', optional: true },
} as const;

/** Settings of the shutdown. */
export const shutdownSettings = {
  SHUTDOWN_DELAY_MS: {
    schema: parse.count(0, 600_000),
    description:
      'Milliseconds for which this process keeps serving after SIGTERM although it is no longer ready. Must be longer than load balancers take to notice.',
    development: 0,
    fallback: 5_000,
  },
  SHUTDOWN_DEADLINE_MS: {
    schema: parse.count(1, 3_600_000),
    description:
      'Milliseconds after SIGTERM at which requests and streams that are still open are broken off. More than SHUTDOWN_DELAY_MS, and five seconds less than the platform waits before it kills.',
    fallback: 25_000,
  },
} as const;

/** The options of `GracefulShutdown.enable()` that settings decide. */
export function shutdownOf(values: SettingValues<typeof shutdownSettings>) {
  return { delayMs: values.SHUTDOWN_DELAY_MS, deadlineMs: values.SHUTDOWN_DEADLINE_MS };
}

export function shutdownProblems(values: SettingValues<typeof shutdownSettings>): SettingProblem[] {
  if (values.SHUTDOWN_DEADLINE_MS > values.SHUTDOWN_DELAY_MS) return [];
  return [{ name: 'SHUTDOWN_DEADLINE_MS', message: 'is not after SHUTDOWN_DELAY_MS: nothing would be waited for.' }];
}

/** Settings that must be the same in every process of a trust domain. */
export const trustSettings = {
  TRUST_DOMAIN: {
    schema: parse.text(),
    description: 'Name of the trust domain: the audience (aud) of every internal token.',
    development: 'shop.localhost',
    example: 'shop.example.com',
  },
  INTERNAL_TOKEN_ISSUER: {
    schema: parse.text(),
    description: 'Name of the token service: the issuer (iss) of every internal token.',
    fallback: 'api_gateway',
  },
  INTERNAL_TOKEN_ALGORITHM: {
    schema: algorithm,
    description: 'The one algorithm in use: ES256, ES384, ES512, EdDSA, RS256 or PS256.',
    fallback: 'ES256',
  },
} as const;

/** The refresh interval that a rotation policy assumes by default. */
export const REFRESH_SECONDS_UNTOLD = 300;

/** Where a verifying process finds the public keys. */
export const verifierSettings = {
  INTERNAL_TOKEN_JWKS_URI: {
    schema: parse.url(),
    description: "The gateway's JWKS on its internal listener. This or INTERNAL_TOKEN_JWKS_FILE.",
    optional: true,
    example: 'https://gateway.internal:3100/.well-known/jwks.json',
  },
  INTERNAL_TOKEN_JWKS_FILE: {
    schema: parse.text(),
    description: 'A JWKS file with the public keys. This or INTERNAL_TOKEN_JWKS_URI; in development .dev/jwks.json.',
    optional: true,
  },
  INTERNAL_TOKEN_REFRESH_SECONDS: {
    schema: parse.duration(0.1, 3600),
    description:
      'Seconds within which a change of the keys arrives, 0.1 to 3600. More than 300 only if refreshIntervalSeconds of INTERNAL_TOKEN_ROTATION, at the gateway and for itok, is as long: otherwise keys sign before this service knows them.',
    fallback: REFRESH_SECONDS_UNTOLD,
  },
  INTERNAL_TOKEN_SEED_FILE: {
    schema: parse.text(),
    description:
      'File that keeps the last good keys, so that this process can start while their source is away. A key withdrawn in the meantime still verifies until the source is back, for a day at most.',
    optional: true,
    example: '/var/lib/orders/keys.json',
  },
  INTERNAL_TOKEN_CACHE_ENTRIES: {
    schema: parse.count(0, 1_000_000),
    description: 'Verified tokens that are remembered; 0 verifies each token from scratch.',
    fallback: 1000,
  },
  INTERNAL_TOKEN_MODE: {
    schema: parse.oneOf('strict', 'presence', 'shadow'),
    description:
      'What happens to a request whose internal token does not verify. `strict`: refused. `presence`: goes on without claims if it has a token. `shadow`: goes on without claims. Both only for handlers that need no claims, and until INTERNAL_TOKEN_ALLOW_UNVERIFIED_UNTIL.',
    fallback: 'strict',
  },
  INTERNAL_TOKEN_ALLOW_UNVERIFIED_UNTIL: {
    schema: parse.moment(),
    description:
      'End of every mode but strict, at most 90 days away, ISO 8601. Required for such a mode, and for `@EnforcementMode()` to take effect.',
    optional: true,
    example: '2026-12-31T18:00:00Z',
  },
} as const;

const upstream = (domain: string, development?: string) =>
  ({
    schema: parse.url(),
    description: `Base URL of the process that holds ${domain}. For the gateway: unset, it holds ${domain} itself.`,
    optional: true,
    ...(development !== undefined && { development }),
  }) as const;

const internalOrigins = {
  INTERNAL_ORIGINS: {
    schema: parse.origins(),
    description: 'Further origins that may receive the internal token, comma separated.',
    fallback: [] as readonly string[],
  },
} as const;

/** For the gateway: a domain whose URL is set runs elsewhere. */
export const upstreamSettings = {
  CATALOG_URL: upstream('catalog'),
  INVENTORY_URL: upstream('inventory'),
  ORDERS_URL: upstream('orders'),
  ...internalOrigins,
} as const;

/** For a service: its neighbours run elsewhere, in development where `nest start <name>` starts them. */
export const neighbourSettings = {
  CATALOG_URL: upstream('catalog', 'http://127.0.0.1:3001'),
  INVENTORY_URL: upstream('inventory', 'http://127.0.0.1:3002'),
  ORDERS_URL: upstream('orders', 'http://127.0.0.1:3003'),
  ...internalOrigins,
} as const;

/** Every origin that the internal token may be sent to. */
export function internalOriginsOf(values: SettingValues<typeof upstreamSettings>): string[] {
  const urls = [values.CATALOG_URL, values.INVENTORY_URL, values.ORDERS_URL, ...values.INTERNAL_ORIGINS];
  return [...new Set(urls.filter((url) => url !== undefined).map((url) => new URL(url).origin))];
}

export const databaseSettings = {
  DATABASE_URL: {
    schema: parse.text(),
    description: 'PostgreSQL connection string. Development without it: an embedded database under .dev/db.',
    optional: true,
    secret: true,
    example: 'postgres://orders@db.internal/shop',
  },
  DATABASE_POOL_SIZE: {
    schema: parse.count(1, 1000),
    description: 'Connections to PostgreSQL that each domain of this process holds at most.',
    fallback: 10,
  },
  DATABASE_STATEMENT_TIMEOUT_MS: {
    schema: parse.count(1, 3_600_000),
    description:
      'Milliseconds after which PostgreSQL cancels a statement. A server that is silent for 2 seconds more counts as lost, and a transaction that does nothing for 5 seconds more is ended.',
    fallback: 10_000,
  },
  DATABASE_SPANS: {
    schema: parse.oneOf('off', 'transactions', 'statements'),
    description:
      'Database work for which span lines are written: `statements` with their transactions, only `transactions`, or nothing (`off`).',
    fallback: 'statements',
  },
} as const;

/** Where the domains of this process keep their data, and what is logged about it. */
export function storageOf(values: SettingValues<typeof databaseSettings & typeof developmentDirectory>) {
  const { DATABASE_URL: url, DATABASE_SPANS: spans } = values;
  const pool = { size: values.DATABASE_POOL_SIZE, statementTimeoutMs: values.DATABASE_STATEMENT_TIMEOUT_MS };
  return url ? { url, pool, spans } : { directory: join(values.DEV_DIRECTORY, 'db'), spans };
}

export const loggingSettings = {
  LOG_LEVEL: {
    schema: parse.oneOf('verbose', 'debug', 'log', 'warn', 'error', 'fatal'),
    description: 'Lowest level that is written: verbose, debug, log, warn, error or fatal.',
    fallback: 'log',
  },
  LOG_FORMAT: {
    schema: parse.oneOf('json', 'pretty'),
    description: '`json` writes one object per line, `pretty` is for people.',
    development: 'pretty',
    fallback: 'json',
  },
  LOG_SAMPLE_RATE: {
    schema: parse.share(),
    description:
      'Share of requests whose span lines are written, 0 to 1, at most three decimals. Failed and slow requests are always written, and so are all other lines. Set the same in every process.',
    fallback: 1,
  },
  LOG_SLOW_MS: {
    schema: parse.count(1, 600_000),
    description: 'Milliseconds from which a request counts as slow for LOG_SAMPLE_RATE.',
    fallback: 1000,
  },
} as const;

/** The options of `InternalTokenLoggingModule` that settings decide. */
export function spanLogging(values: SettingValues<typeof loggingSettings>) {
  return {
    sampling: { rate: values.LOG_SAMPLE_RATE, slowMs: values.LOG_SLOW_MS },
    // Routes of HealthModule, which are called every few seconds and log changes themselves.
    quietRoutes: ['/health/live', '/health/ready'],
  };
}

export const internalTransportSettings = {
  INTERNAL_ALLOW_PLAINTEXT: {
    schema: parse.oneOf('mesh'),
    description: '`mesh`: plain http between processes is encrypted by a service mesh.',
    optional: true,
  },
  INTERNAL_TLS_CERT_FILE: {
    schema: parse.text(),
    description:
      'PEM certificate chain for connections between processes: the internal listener (in a service, the only listener) presents it, and so do outgoing calls. Read again when it changes.',
    optional: true,
  },
  INTERNAL_TLS_KEY_FILE: {
    schema: parse.text(),
    description: 'PEM private key of INTERNAL_TLS_CERT_FILE.',
    optional: true,
  },
  INTERNAL_CA_FILE: {
    schema: parse.text(),
    description:
      'PEM authorities: the only ones trusted between processes, for servers and clients alike. With INTERNAL_TLS_CERT_FILE internal listeners serve only clients with a certificate of theirs.',
    optional: true,
  },
  INTERNAL_CLIENT_CERTIFICATES: {
    schema: parse.oneOf('required', 'asked'),
    description:
      '`required`: only clients with a certificate may connect. `asked`: clients without one may connect too, as health probes do; an invalid one is refused. Default `required` with INTERNAL_CA_FILE.',
    optional: true,
  },
  INTERNAL_CALLERS: {
    schema: parse.list(),
    description:
      'SPIFFE ids, comma separated: the processes that may call this one, known by their client certificates. Needs INTERNAL_CA_FILE; their trust domain is TRUST_DOMAIN.',
    optional: true,
    example: 'spiffe://shop.example.com/gateway',
  },
} as const;

export const developmentDirectory = {
  DEV_DIRECTORY: {
    schema: parse.text(),
    description: 'Development only: where the generated key, the embedded databases and the log files live.',
    fallback: '.dev',
  },
} as const;

/** Where the processes of a working copy keep their log lines; undefined outside development. */
export function developmentLogDirectory(config: {
  readonly development: boolean;
  readonly values: SettingValues<typeof developmentDirectory>;
}): string | undefined {
  return config.development ? join(config.values.DEV_DIRECTORY, 'log') : undefined;
}

/** A mode that accepts unverified requests must have an end in the near future. */
export function modeProblems(values: SettingValues<typeof verifierSettings>, now = Date.now()): SettingProblem[] {
  const { INTERNAL_TOKEN_MODE: mode, INTERNAL_TOKEN_ALLOW_UNVERIFIED_UNTIL: until } = values;
  const name = 'INTERNAL_TOKEN_ALLOW_UNVERIFIED_UNTIL';
  if (until === undefined) {
    if (mode === 'strict') return [];
    return [{ name, message: `missing: INTERNAL_TOKEN_MODE is ${mode}. Say when it becomes strict.` }];
  }
  const tooFar = Date.parse(until) - now > 90 * 24 * 60 * 60 * 1000;
  return tooFar ? [{ name, message: 'more than 90 days away. Give a nearer date, and renew it if need be.' }] : [];
}

/** Allows plain http between processes only on this machine or inside a mesh that encrypts. */
export function plaintextProblems(
  urls: Readonly<Record<string, string | undefined>>,
  allowPlaintext: 'mesh' | undefined,
): SettingProblem[] {
  if (allowPlaintext === 'mesh') return [];
  return Object.entries(urls)
    .filter(([, url]) => url !== undefined && isPlaintextToOthers(new URL(url)))
    .map(([name]) => ({
      name,
      message: `plain http leaves this machine. ${LISTENERS.has(name) ? 'Set INTERNAL_TLS_CERT_FILE and INTERNAL_TLS_KEY_FILE' : 'Use https'}, or INTERNAL_ALLOW_PLAINTEXT=mesh.`,
    }));
}

const LISTENERS: ReadonlySet<string> = new Set(['HOST', 'INTERNAL_HOST']);

function isPlaintextToOthers(url: URL): boolean {
  return url.protocol === 'http:' && !isLoopback(url.hostname);
}

/** Requires both or neither: with only one, the listener would look encrypted but would not be. */
export function tlsPairProblems(
  values: Readonly<Record<string, unknown>>,
  certificate: string,
  key: string,
): SettingProblem[] {
  const [present, absent] = values[certificate] === undefined ? [key, certificate] : [certificate, key];
  return values[present] !== undefined && values[absent] === undefined
    ? [{ name: absent, message: `missing: ${present} is set, and TLS takes both.` }]
    : [];
}

/** Checks that the settings between processes are consistent. */
export function internalTlsProblems(values: SettingValues<typeof internalTransportSettings>): SettingProblem[] {
  const pair = tlsPairProblems(values, 'INTERNAL_TLS_CERT_FILE', 'INTERNAL_TLS_KEY_FILE');
  if (clientsOf(values) !== 'any') return pair;
  const message =
    'no client is asked for a certificate: set INTERNAL_TLS_CERT_FILE, INTERNAL_TLS_KEY_FILE and INTERNAL_CA_FILE.';
  const asking = ['INTERNAL_CLIENT_CERTIFICATES', 'INTERNAL_CALLERS'] as const;
  return [...pair, ...asking.filter((name) => values[name] !== undefined).map((name) => ({ name, message }))];
}

/** The clients that the internal listener serves. */
export function clientsOf(values: SettingValues<typeof internalTransportSettings>): ClientCertificates {
  if (values.INTERNAL_CA_FILE === undefined || values.INTERNAL_TLS_CERT_FILE === undefined) return 'any';
  return values.INTERNAL_CLIENT_CERTIFICATES ?? 'required';
}
