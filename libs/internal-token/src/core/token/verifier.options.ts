import type { SigningAlgorithm } from '../keys/algorithms.js';
import { algorithmOption, type KeyStore } from '../keys/index.js';
import { type Check, group, listOf, name, optional, wholeNumber, withDefault } from '../options/index.js';
import { customClaimsOption, type CustomClaimsSchema } from './read-custom-claims.js';

/** Settings of an `InternalTokenVerifier`. */
export interface VerifierOptions {
  /** `aud` that a token must be for. */
  readonly trustDomain: string;
  /** `iss` that a token must come from. Default `api_gateway`. */
  readonly issuer?: string;
  /** Default `['ES256']`. */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** Seconds by which clocks may differ, 0 to 60. Default 5. */
  readonly leewaySeconds?: number;
  /** Longest accepted `exp - iat` in seconds, 1 to 300. Default 300. */
  readonly maxLifetimeSeconds?: number;
  readonly keys: KeyStore;
  /** A synchronous Standard Schema that the application's own claims must satisfy. */
  readonly customClaims?: CustomClaimsSchema;
  /**
   * Tokens that are remembered by their text, so that one that comes again is not checked from scratch: the same
   * object of claims comes back, after its times and its key were looked at again. Default 1000 entries.
   */
  readonly tokenCache?: TokenCacheOptions;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** How many tokens a verifier remembers: 1 to 1000000, by default 1000; `false` for none. */
export type TokenCacheOptions = false | { readonly maxEntries?: number };

type ResolvedTokenCache = false | { readonly maxEntries: number };

const cacheMembers = group({ maxEntries: withDefault(1000, wholeNumber(1, 1_000_000, 'tokens')) });
const tokenCache: Check<ResolvedTokenCache> = (given, at) =>
  given === false ? given : cacheMembers(given === undefined ? {} : given, at);

/** The checks of what a token must be like: of {@link VerifierOptions}, and of every module's options that have them. */
export const VERIFIER_CHECKS = {
  trustDomain: name('shop.example'),
  issuer: withDefault('api_gateway', name('api_gateway')),
  algorithms: withDefault<readonly SigningAlgorithm[]>(
    Object.freeze(['ES256'] as const),
    listOf('algorithms', algorithmOption, { atLeast: 1 }),
  ),
  leewaySeconds: withDefault(5, wholeNumber(0, 60, 'seconds')),
  maxLifetimeSeconds: withDefault(300, wholeNumber(1, 300, 'seconds')),
  customClaims: optional(customClaimsOption),
  tokenCache,
};
