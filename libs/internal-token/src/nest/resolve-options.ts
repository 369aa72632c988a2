import { InternalTokenError, jwksFileSource, jwksUriSource, type KeySource, pemSource } from '../core/index.js';
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
 * Fills in the defaults and freezes the result. What the verifier needs (names, seconds, algorithms) the verifier
 * checks itself, at start as well.
 * @throws InternalTokenError `configuration_invalid`, naming the option, what was given and the fix
 */
export function resolveOptions(options: InternalTokenOptions): ResolvedOptions {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(KNOWN, name)) {
      throw invalid(name, 'is not known', `remove it, or use one of: ${Object.keys(KNOWN).join(', ')}`);
    }
  }
  const { service, customClaims } = options;
  if (typeof service !== 'string' || service.trim() === '') {
    throw invalid(
      'service',
      `is ${JSON.stringify(service) ?? 'not set'}`,
      'give this process a name, such as "orders"',
    );
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
  });
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
