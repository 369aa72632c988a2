import type { SettingProblem } from './configuration-error.js';
import { type Environment, type LoadedSettings, loadSettings } from './load-settings.js';
import type { SettingValues } from './setting.js';
import {
  databaseSettings,
  developmentDirectory,
  internalTlsProblems,
  internalTransportSettings,
  listenerSettings,
  loggingSettings,
  modeProblems,
  neighbourSettings,
  plaintextProblems,
  REFRESH_SECONDS_UNTOLD,
  shutdownProblems,
  shutdownSettings,
  trustSettings,
  verifierSettings,
} from './shared-settings.js';

/** The settings of a domain that runs as its own process: it verifies and never signs. */
export const serviceSettings = (port: number) =>
  ({
    ...listenerSettings(port),
    ...shutdownSettings,
    ...trustSettings,
    ...verifierSettings,
    ...neighbourSettings,
    ...databaseSettings,
    ...loggingSettings,
    ...internalTransportSettings,
    ...developmentDirectory,
  }) as const;

type ServiceSettings = ReturnType<typeof serviceSettings>;
type Neighbour = 'CATALOG_URL' | 'INVENTORY_URL' | 'ORDERS_URL';

/** The settings of a service, with those of the neighbours that it calls. */
export interface ServiceConfig<Called extends Neighbour = never> extends LoadedSettings<ServiceSettings> {
  readonly values: SettingValues<ServiceSettings> & { readonly [Name in Called]: string };
}

/** @param called the neighbours that this service needs */
export function loadServiceConfig<Called extends Neighbour = never>(
  service: string,
  port: number,
  environment: Environment,
  called: readonly Called[] = [],
): ServiceConfig<Called> {
  const settings = serviceSettings(port);
  const config = loadSettings(service, settings, environment, {
    needed: (values, development) => (development ? [] : [...keySourceOf(values), 'DATABASE_URL', ...called]),
    compare: (values) => [
      ...internalTlsProblems(values),
      ...shutdownProblems(values),
      ...modeProblems(values),
      ...keySourceProblems(values),
      ...plaintextProblems(plaintextCandidates(values), values.INTERNAL_ALLOW_PLAINTEXT),
    ],
  });
  return config as ServiceConfig<Called>;
}

/** The gateway does not know the refresh interval of its verifiers, and they do not know its rotation policy. */
export function refreshWarning({ INTERNAL_TOKEN_REFRESH_SECONDS: every }: ServiceConfig['values']): string | undefined {
  if (every <= REFRESH_SECONDS_UNTOLD) return undefined;
  return (
    `INTERNAL_TOKEN_REFRESH_SECONDS is ${every}: the gateway and itok have to know by refreshIntervalSeconds of ` +
    `INTERNAL_TOKEN_ROTATION, ${every} or more. Otherwise a new key may sign before this service knows it.`
  );
}

function keySourceOf(values: Partial<SettingValues<ServiceSettings>>): 'INTERNAL_TOKEN_JWKS_URI'[] {
  return values.INTERNAL_TOKEN_JWKS_FILE === undefined ? ['INTERNAL_TOKEN_JWKS_URI'] : [];
}

function keySourceProblems(values: SettingValues<ServiceSettings>): SettingProblem[] {
  if (values.INTERNAL_TOKEN_JWKS_URI === undefined || values.INTERNAL_TOKEN_JWKS_FILE === undefined) return [];
  const message = 'INTERNAL_TOKEN_JWKS_URI is set too. Name one source of the public keys.';
  return [{ name: 'INTERNAL_TOKEN_JWKS_FILE', message }];
}

function plaintextCandidates(values: SettingValues<ServiceSettings>): Record<string, string | undefined> {
  const { CATALOG_URL, INVENTORY_URL, ORDERS_URL, INTERNAL_TOKEN_JWKS_URI } = values;
  const scheme = values.INTERNAL_TLS_CERT_FILE ? 'https' : 'http';
  return { CATALOG_URL, INVENTORY_URL, ORDERS_URL, INTERNAL_TOKEN_JWKS_URI, HOST: originOf(scheme, values.HOST, 0) };
}

export function originOf(scheme: string, host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
