export { ConfigurationError, type SettingProblem } from './settings/configuration.error.js';
export { type Environment, type LoadedSettings, loadSettings } from './settings/load-settings.js';
export { isLoopback } from './settings/loopback.js';
export { parse } from './settings/parsers.js';
export type { Setting, Settings, SettingValues } from './settings/setting.js';
export * from './settings/shared-settings.js';
