import type { SigningAlgorithm } from '../../core/index.js';

/** Algorithms an external access token may be signed with. Nothing symmetric, never `none`. */
export type AccessTokenAlgorithm = SigningAlgorithm;

/** Which claims of the access token mean what. */
export interface AccessTokenClaimNames {
  /** Default `sub`. */
  readonly subject?: string;
  /** Default `tenant_id`. */
  readonly tenant?: string;
  /** Default `permissions`: an array of strings, or one space-delimited string. */
  readonly permissions?: string;
  /** Default `scope`: one space-delimited string, or an array of strings. */
  readonly scope?: string;
}

/** Where opaque tokens are looked up (RFC 7662). */
export interface IntrospectionOptions {
  /** The introspection endpoint: https, or http on loopback where that is allowed. */
  readonly endpoint: string;
  readonly clientId: string;
  /** File with the client secret; read anew for each lookup, so that it can be replaced while running. */
  readonly clientSecretFile: string;
  /** What this issuer's opaque tokens begin with. Required, and distinct, as soon as two issuers are introspected. */
  readonly tokenPrefix?: string;
}

/**
 * One issuer whose access tokens the gateway accepts: one entry of `ACCESS_TOKEN_ISSUERS`.
 * Its public keys come from exactly one of `discovery`, `jwksUri` and `jwksFile`; an issuer that is only introspected
 * has none of them. With both, JWTs are verified and opaque tokens are looked up.
 */
export interface AccessTokenIssuerOptions {
  /** Compared with `iss` character by character. */
  readonly issuer: string;
  /** The gateway's identifier; `aud` must be it or contain it. */
  readonly audience: string;
  /** Finds the keys by OpenID Connect Discovery or RFC 8414. */
  readonly discovery?: true;
  readonly jwksUri?: string;
  readonly jwksFile?: string;
  /** Default ES256, RS256, PS256, EdDSA. */
  readonly algorithms?: readonly AccessTokenAlgorithm[];
  /** Accepted `typ` values; default `['at+jwt']` (RFC 9068 section 4). An empty string accepts tokens without `typ`. */
  readonly types?: readonly string[];
  readonly introspection?: IntrospectionOptions;
  readonly claims?: AccessTokenClaimNames;
  /** External scope to internal scope or scopes. With a map, unlisted scopes are dropped; without one, names are kept. */
  readonly scopeMap?: Readonly<Record<string, string | readonly string[]>>;
  /**
   * Put before the subject as `<namespace>:<subject>`. Required, and distinct, from the second issuer on.
   * `<namespace>:{tenant}` adds the tenant, for issuers whose subjects are unique within a tenant only.
   */
  readonly subjectNamespace?: string;
  /** Seconds by which the issuer's clock may be ahead (`iat`, `nbf`), 0 to 60. Default 5. None is given on `exp`. */
  readonly leewaySeconds?: number;
  /**
   * The most seconds that a token may have left, 60 to 31622400 (366 days). Default 2678400 (31 days). A token that says
   * more is refused: its `exp` is in milliseconds, or never comes.
   */
  readonly maximumRemainingSeconds?: number;
  /**
   * Seconds for which fetched keys are used after the issuer last gave them. Default 86400 (a day), at most 2592000
   * (30 days), at least twice the refresh interval. Then its tokens are answered 503, and the gateway is not ready, until
   * the issuer is back. A `jwksFile` has no limit.
   */
  readonly maxKeyAgeSeconds?: number;
}
