import {
  InternalTokenError,
  isSigningAlgorithm,
  jwksFileSource,
  jwksUriSource,
  type KeySource,
  pemSource,
} from '../core/index.js';
import type { InternalTokenKeys, InternalTokenOptions, ResolvedOptions } from './internal-token.options.js';

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
};

/**
 * Checks every option once, fills in the defaults and freezes the result.
 * @throws InternalTokenError `configuration_invalid`, naming the option, what was given and the fix
 */
export function resolveOptions(options: InternalTokenOptions): ResolvedOptions {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(KNOWN, name)) {
      throw invalid(name, 'is not an option', `remove it, or use one of: ${Object.keys(KNOWN).join(', ')}`);
    }
  }
  const { algorithms = ['ES256'], customClaims, requireScopePolicy = false } = options;
  if (algorithms.length === 0 || !algorithms.every(isSigningAlgorithm)) {
    const fix = 'give asymmetric ones: ES256, EdDSA, RS256, PS256, ES384, ES512';
    throw invalid('algorithms', `is ${show(algorithms)}`, fix);
  }
  return Object.freeze({
    service: text('service', options.service, 'give this process a name, such as "orders"'),
    trustDomain: text('trustDomain', options.trustDomain, 'give the name that gateway and services share'),
    issuer: text('issuer', options.issuer ?? 'api_gateway', 'give the name that the gateway issues tokens under'),
    keys: keySource(options.keys),
    algorithms: Object.freeze([...algorithms]),
    leewaySeconds: seconds('leewaySeconds', options.leewaySeconds ?? 5, 0, 60),
    maxLifetimeSeconds: seconds('maxLifetimeSeconds', options.maxLifetimeSeconds ?? 300, 1, 300),
    ...(customClaims !== undefined && { customClaims }),
    requireScopePolicy,
  });
}

function keySource(keys: InternalTokenKeys | undefined): KeySource {
  if (keys !== undefined && keys !== null) {
    if ('load' in keys) return keys;
    if ('jwksUri' in keys) return jwksUriSource(keys.jwksUri, keys);
    if ('jwksFile' in keys) return jwksFileSource(keys.jwksFile);
    if ('pem' in keys) return pemSource(keys);
    if (Array.isArray(keys) && keys.length > 0) return pemSource(...keys);
  }
  // What was given is not shown: it might be a key.
  throw invalid('keys', 'names no source of public keys', 'give { jwksUri }, { jwksFile }, { pem } or a KeySource');
}

function text(name: string, value: unknown, fix: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw invalid(name, `is ${show(value)}`, fix);
}

function seconds(name: string, value: unknown, least: number, most: number): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw invalid(name, `is ${show(value)}`, `give a whole number of seconds from ${least} to ${most}`);
}

function show(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value).slice(0, 100);
}

function invalid(name: string, finding: string, fix: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `InternalTokenModule: option "${name}" ${finding}; ${fix}.`);
}
