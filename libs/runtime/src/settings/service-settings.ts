import type { SettingProblem } from './configuration.error.js';
import { type Environment, type LoadedSettings, loadSettings } from './load-settings.js';
import type { SettingValues } from './setting.js';
import {
  databaseSettings,
  developmentDirectory,
  internalTransportSettings,
  listenerSettings,
  loggingSettings,
  missingProblems,
  plaintextProblems,
  tlsPairProblems,
  trustSettings,
  upstreamSettings,
  verifierSettings,
} from './shared-settings.js';

/** The settings of a domain that runs as its own process: it verifies and never signs. */
export const serviceSettings = (port: number) =>
  ({
    ...listenerSettings(port),
    ...trustSettings,
    ...verifierSettings,
    ...upstreamSettings,
    ...databaseSettings,
    ...loggingSettings,
    ...internalTransportSettings,
    ...developmentDirectory,
  }) as const;

type ServiceSettings = ReturnType<typeof serviceSettings>;
export type ServiceConfig = LoadedSettings<ServiceSettings>;

export function loadServiceConfig(service: string, port: number, environment: Environment): ServiceConfig {
  const settings = serviceSettings(port);
  return loadSettings(service, settings, environment, (values, development) => [
    ...(development ? [] : missingOutsideDevelopment(settings, values)),
    ...tlsPairProblems(values, 'TLS_CERT_FILE', 'TLS_KEY_FILE'),
    ...plaintextProblems(plaintextCandidates(values), values.INTERNAL_ALLOW_PLAINTEXT),
  ]);
}

function missingOutsideDevelopment(
  settings: ServiceSettings,
  values: SettingValues<ServiceSettings>,
): SettingProblem[] {
  const keySource = values.INTERNAL_TOKEN_JWKS_FILE === undefined ? (['INTERNAL_TOKEN_JWKS_URI'] as const) : [];
  return missingProblems(settings, values, [...keySource, 'DATABASE_URL']);
}

function plaintextCandidates(values: SettingValues<ServiceSettings>): Record<string, string | undefined> {
  const { CATALOG_URL, INVENTORY_URL, ORDERS_URL, INTERNAL_TOKEN_JWKS_URI } = values;
  const scheme = values.TLS_CERT_FILE ? 'https' : 'http';
  return { CATALOG_URL, INVENTORY_URL, ORDERS_URL, INTERNAL_TOKEN_JWKS_URI, HOST: originOf(scheme, values.HOST, 0) };
}

export function originOf(scheme: string, host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
