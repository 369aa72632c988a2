import { option, refreshSeconds } from '../../core/index.js';
import type { AccessTokenIssuerOptions } from './access-token-issuer.options.js';
import { type ResolvedIssuer, resolveIssuers } from './resolve-issuers.js';

/** Which access tokens are accepted, and what an internal token takes from them. */
export interface AccessTokenOptions {
  /** The identity providers whose access tokens are accepted. At least one. */
  readonly issuers: readonly AccessTokenIssuerOptions[];
  /** An access token with less life left counts as expired, in seconds, 0 to 300. Default 10. */
  readonly minimumRemainingSeconds?: number;
  /** Seconds within which a change of an issuer's keys arrives, 0.1 to 3600. Default 300. */
  readonly keyRefreshSeconds?: number;
  /** How much is remembered of verified access tokens. */
  readonly cache?: AccessTokenCacheOptions;
  /** Accept plain http to identity providers on loopback addresses: development only. Default false. */
  readonly allowInsecureLoopback?: boolean;
  /** Let an internal token live longer than the access token it stands for. Default false. */
  readonly allowOutlive?: boolean;
  /** The `realm` of `WWW-Authenticate`. Default `api`. */
  readonly realm?: string;
}

/** Of the option `accessTokens.cache`. */
export interface AccessTokenCacheOptions {
  /** Most tokens remembered per issuer, 1 to 1000000. Default 10000. */
  readonly maxEntries?: number;
  /** Most memory that they take per issuer, estimated, in bytes: 1 MiB to 1 GiB. Default 33554432 (32 MiB). */
  readonly maxBytes?: number;
  /** Longest time an introspection answer is believed, in seconds, 0 to 300. Default 30; 0 asks at every request; refusals are remembered for 5 s all the same. */
  readonly introspectionSeconds?: number;
}

/** {@link AccessTokenOptions}, checked, complete and frozen. */
export type ResolvedAccessTokenOptions = Omit<ReturnType<typeof members>, 'issuers'> & {
  readonly issuers: readonly ResolvedIssuer[];
};

const MEBIBYTE = 1024 * 1024;

const issuer: option.Check<AccessTokenIssuerOptions> = (given) => given as AccessTokenIssuerOptions;

const members = option.group({
  // Each by itself is checked later: what may be an address depends on `allowInsecureLoopback`.
  issuers: option.listOf('identity providers, { issuer, audience, discovery }', issuer, { atLeast: 1 }),
  minimumRemainingSeconds: option.withDefault(10, option.wholeNumber(0, 300, 'seconds')),
  keyRefreshSeconds: option.withDefault(300, refreshSeconds),
  cache: option.optionalGroup({
    maxEntries: option.withDefault(10_000, option.wholeNumber(1, 1_000_000, 'tokens')),
    maxBytes: option.withDefault(32 * MEBIBYTE, option.wholeNumber(MEBIBYTE, 1024 * MEBIBYTE, 'bytes')),
    introspectionSeconds: option.withDefault(30, option.wholeNumber(0, 300, 'seconds')),
  } satisfies option.ChecksOf<AccessTokenCacheOptions>),
  allowInsecureLoopback: option.withDefault(false, option.flag),
  allowOutlive: option.withDefault(false, option.flag),
  realm: option.withDefault(
    'api',
    option.check<string>('printable ASCII', (given) => typeof given === 'string' && /^[\x20-\x7e]+$/.test(given)),
  ),
} satisfies option.ChecksOf<AccessTokenOptions>);

/** Checks {@link AccessTokenOptions}. */
export const accessTokenOptions: option.Check<ResolvedAccessTokenOptions> = (given, at) => {
  const { issuers, ...rest } = members(given, at);
  return Object.freeze({ ...rest, issuers: resolveIssuers(issuers, rest.allowInsecureLoopback, at.member('issuers')) });
};
