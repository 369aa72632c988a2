export { HealthController, HealthModule, type ReadinessCheck } from './health.module.js';
export { ConfigurationError, type SettingProblem } from './settings/configuration.error.js';
export { type Environment, type LoadedSettings, loadSettings } from './settings/load-settings.js';
export { developmentJwksFile, developmentSigningKey, publishDevelopmentKeys } from './development/development-keys.js';
export { isLoopback } from './settings/loopback.js';
export { parse } from './settings/parsers.js';
export type { Setting, Settings, SettingValues } from './settings/setting.js';
export * from './settings/shared-settings.js';
export { loadServiceConfig, originOf, type ServiceConfig, serviceSettings } from './settings/service-settings.js';
export {
  type ApplicationOptions,
  type ListenerOptions,
  runMain,
  startApplication,
  readTls,
} from './start-application.js';
export { startService } from './start-service.js';
