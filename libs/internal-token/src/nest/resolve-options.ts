import { InternalTokenError, jwksFileSource, jwksUriSource, type KeySource, pemSource } from '../core/index.js';
import type {
  AuditOptions,
  CallerOptions,
  InternalTokenKeys,
  InternalTokenOptions,
  ReplayOptions,
  ResolvedOptions,
} from './internal-token.options.js';
import { REPLAY_TIMEOUT_MS } from './replay/first-use.js';
import { isEnforcementMode } from './policy/enforcement-mode.js';
import { openPathProblem } from './routes/open-paths.js';

const KNOWN: Readonly<Record<keyof InternalTokenOptions, true>> = {
  service: true,
  trustDomain: true,
  issuer: true,
  keys: true,
  algorithms: true,
  leewaySeconds: true,
  maxLifetimeSeconds: true,
  customClaims: true,
  requireScopePolicy: true,
  refreshSeconds: true,
  maxKeyAgeSeconds: true,
  seedFile: true,
  tokenCache: true,
  mode: true,
  allowUnverifiedUntil: true,
  maxJsonDepth: true,
  openPaths: true,
  replay: true,
  audit: true,
  callers: true,
};

/** A mode that lets unverified requests pass is a stage of a migration, not a state to live in. */
const MAX_UNVERIFIED_MS = 90 * 24 * 60 * 60 * 1000;

/**
 * Fills in the defaults and freezes the result. What the verifier and the key store need (names, seconds, algorithms,
 * the cache) they check themselves, at start as well.
 * @throws InternalTokenError `configuration_invalid`, naming the option, what was given and the fix
 */
export function resolveOptions(options: InternalTokenOptions): ResolvedOptions {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(KNOWN, name)) {
      throw invalid(name, 'is not known', `remove it, or use one of: ${Object.keys(KNOWN).join(', ')}`);
    }
  }
  const { service, customClaims, seedFile, mode = 'strict' } = options;
  if (typeof service !== 'string' || service.trim() === '') {
    throw invalid(
      'service',
      `is ${JSON.stringify(service) ?? 'not set'}`,
      'give this process a name, such as "orders"',
    );
  }
  if (!isEnforcementMode(mode)) throw invalid('mode', 'is none that exists', 'use "strict", "presence" or "shadow"');
  if (seedFile !== undefined && (typeof seedFile !== 'string' || seedFile === '')) {
    throw invalid(
      'seedFile',
      'is no path',
      'name a file in a directory that only this process can write, or leave it out',
    );
  }
  const until = unverifiedUntil(options.allowUnverifiedUntil);
  if (mode !== 'strict' && until === undefined) {
    throw invalid('mode', `is "${mode}" without an end`, 'say in allowUnverifiedUntil when it becomes strict');
  }
  return Object.freeze({
    service,
    trustDomain: options.trustDomain,
    issuer: options.issuer ?? 'api_gateway',
    keys: keySource(options.keys),
    algorithms: Object.freeze([...(options.algorithms ?? (['ES256'] as const))]),
    leewaySeconds: options.leewaySeconds ?? 5,
    maxLifetimeSeconds: options.maxLifetimeSeconds ?? 300,
    ...(customClaims !== undefined && { customClaims }),
    requireScopePolicy: options.requireScopePolicy ?? false,
    refreshSeconds: options.refreshSeconds ?? 300,
    ...(options.maxKeyAgeSeconds !== undefined && { maxKeyAgeSeconds: options.maxKeyAgeSeconds }),
    ...(seedFile !== undefined && { seedFile }),
    tokenCache: options.tokenCache ?? {},
    mode,
    ...(until !== undefined && { allowUnverifiedUntil: until }),
    maxJsonDepth: jsonDepth(options.maxJsonDepth),
    openPaths: openPaths(options.openPaths),
    replay: replayOptions(options.replay),
    audit: auditOptions(options.audit),
    callers: callerOptions(options.callers),
  });
}

function unverifiedUntil(given: Date | string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const until = typeof given === 'string' && !/^\d{4}-\d\d-\d\d/.test(given) ? Number.NaN : new Date(given).getTime();
  if (Number.isNaN(until)) {
    throw invalid('allowUnverifiedUntil', 'is no date', 'give a Date or ISO 8601 text, such as "2026-12-31T18:00:00Z"');
  }
  if (until - Date.now() > MAX_UNVERIFIED_MS) {
    throw invalid('allowUnverifiedUntil', 'is more than 90 days away', 'give a nearer date and renew it if need be');
  }
  return until;
}

function jsonDepth(given: number | false = 64): number | false {
  if (given === false || (Number.isInteger(given) && given >= 1 && given <= 10_000)) return given;
  throw invalid('maxJsonDepth', 'is out of bounds', 'give a whole number from 1 to 10000, or false');
}

function openPaths(paths: readonly string[] = []): readonly string[] {
  for (const path of paths) {
    const problem = openPathProblem(path);
    if (problem !== undefined) throw invalid('openPaths', `has ${JSON.stringify(path)}, which ${problem}`, 'change it');
  }
  return Object.freeze([...paths]);
}

function replayOptions({
  handlers = 'marked',
  onFailure = 'refuse',
  timeoutMs = REPLAY_TIMEOUT_MS,
}: ReplayOptions = {}) {
  if (!['marked', 'all'].includes(handlers)) throw invalid('replay.handlers', 'is unknown', 'use "marked" or "all"');
  if (!['refuse', 'accept'].includes(onFailure)) {
    throw invalid('replay.onFailure', 'is unknown', 'use "refuse" or "accept"');
  }
  if (!(timeoutMs >= 1 && timeoutMs <= 5000)) {
    throw invalid('replay.timeoutMs', 'is out of bounds', 'give 1 to 5000 milliseconds');
  }
  return Object.freeze({ handlers, onFailure, timeoutMs });
}

function auditOptions({ include = [] }: AuditOptions = {}) {
  if (!Array.isArray(include) || !include.every((name) => name === 'userId' || name === 'tenantId')) {
    throw invalid('audit.include', 'names something else', 'use "userId" and "tenantId", or leave it out');
  }
  return Object.freeze({ include: Object.freeze([...include]) });
}

function callerOptions({ allow, self }: CallerOptions = {}): CallerOptions {
  const isId = (id: unknown) => typeof id === 'string' && /^\S+$/.test(id);
  if (allow !== undefined && !(Array.isArray(allow) && allow.length > 0 && allow.every(isId))) {
    throw invalid('callers.allow', 'is no list of ids', 'name at least one, such as "spiffe://shop.example/gateway"');
  }
  if (self !== undefined && !isId(self)) {
    throw invalid('callers.self', 'is no id', 'give the id of this process, such as "spiffe://shop.example/gateway"');
  }
  return Object.freeze({ ...(allow && { allow: Object.freeze([...allow]) }), ...(self !== undefined && { self }) });
}

function keySource(keys: InternalTokenKeys | null | undefined): KeySource {
  if (keys !== undefined && keys !== null && typeof keys === 'object') {
    if ('load' in keys) return keys;
    if ('jwksUri' in keys) return jwksUriSource(keys.jwksUri, keys);
    if ('jwksFile' in keys) return jwksFileSource(keys.jwksFile);
    if ('pem' in keys) return pemSource(keys);
    if (keys.length > 0) return pemSource(...keys);
  }
  // What was given is not shown: it might be a key.
  throw invalid('keys', 'names no source of public keys', 'give { jwksUri }, { jwksFile }, { pem } or a KeySource');
}

function invalid(name: string, finding: string, fix: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `InternalTokenModule: option "${name}" ${finding}; ${fix}.`);
}
