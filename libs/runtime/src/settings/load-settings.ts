import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { ConfigurationError, type SettingProblem } from './configuration-error.js';
import { isLoopback } from './is-loopback.js';
import { readSettingFile } from './setting-file.js';
import type { Setting, Settings, SettingValues } from './setting.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface LoadedSettings<S extends Settings> {
  readonly values: SettingValues<S>;
  /** NODE_ENV is not `production` and every listener stays on this machine. */
  readonly development: boolean;
}

const LISTENER_HOSTS = ['HOST', 'INTERNAL_HOST'] as const;

/** Checks that concern more than one setting. */
export interface SettingChecks<S extends Settings> {
  /** Names of optional settings that are required in this situation. Invalid settings count as absent here. */
  readonly needed?: (values: Partial<SettingValues<S>>, development: boolean) => readonly (keyof S & string)[];
  /** Compares settings, each of which is already valid. */
  readonly compare?: (values: SettingValues<S>, development: boolean) => SettingProblem[];
}

/**
 * Reads the environment first, then the JSON file named by CONFIG_FILE, then development defaults (only if no other
 * machine can connect), then fallbacks. Throws ConfigurationError with every problem found.
 */
export function loadSettings<S extends Settings>(
  application: string,
  settings: S,
  environment: Environment,
  { needed, compare }: SettingChecks<S> = {},
): LoadedSettings<S> {
  const problems: SettingProblem[] = [];
  const file = readConfigFile(application, environment['CONFIG_FILE'], settings, problems);
  const given = (name: string): unknown => emptyAsAbsent(environment[name]) ?? file[name];
  const development =
    environment['NODE_ENV'] !== 'production' &&
    LISTENER_HOSTS.every((name) => given(name) === undefined || isLoopback(String(given(name))));

  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const value = given(name) ?? defaultOf(setting, development);
    if (value === undefined) {
      if (!setting.optional) problems.push({ name, message: missing(setting) });
      continue;
    }
    const parsed = setting.schema.safeParse(value);
    if (parsed.success) values[name] = parsed.data;
    else problems.push({ name, message: invalid(setting, parsed.error) });
  }
  for (const name of needed?.(values as Partial<SettingValues<S>>, development) ?? []) {
    const setting = settings[name];
    if (setting && given(name) === undefined) problems.push({ name, message: missing(setting) });
  }
  if (problems.length === 0) problems.push(...(compare?.(values as SettingValues<S>, development) ?? []));
  if (problems.length > 0) throw new ConfigurationError(application, problems);
  return Object.freeze({ values: Object.freeze(values) as SettingValues<S>, development });
}

// `VAR=` in a shell or a manifest means that no value was given.
function emptyAsAbsent(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function defaultOf(setting: Setting<unknown>, development: boolean): unknown {
  return (development ? setting.development : undefined) ?? setting.fallback;
}

function missing({ description, example }: Setting<unknown>): string {
  return `missing. ${description}${example ? ` Example: ${example}` : ''}`;
}

// Never repeats the value: it may be a misplaced secret.
function invalid({ description }: Setting<unknown>, error: z.ZodError): string {
  const issues = error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message));
  return `${issues.join('; ')}. ${description}`;
}

function readConfigFile(
  application: string,
  path: string | undefined,
  settings: Settings,
  problems: SettingProblem[],
): Record<string, unknown> {
  if (!path) return {};
  const warnings: string[] = [];
  let text: string;
  try {
    const file = { name: 'CONFIG_FILE', path, content: 'secret' } as const;
    text = readSettingFile(application, file, (problem) => warnings.push(problem)).toString();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(...error.problems);
    return {};
  }
  const content = z.record(z.string(), z.unknown()).safeParse(parseJson(text));
  if (!content.success) {
    problems.push({ name: 'CONFIG_FILE', message: `${path} cannot be read as a JSON object.` });
    return {};
  }
  const holdsSecret = Object.keys(content.data).some((name) => settings[name]?.secret);
  if (holdsSecret) for (const problem of warnings) new Logger('Settings').warn(problem);
  for (const name of Object.keys(content.data)) {
    if (!Object.hasOwn(settings, name))
      problems.push({ name, message: `CONFIG_FILE has a setting that this application does not know.` });
  }
  return content.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
