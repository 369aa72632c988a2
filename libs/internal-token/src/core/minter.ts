import type { CustomClaims } from './claims.js';
import type { Signer } from './signer.js';
import type { CustomClaimsSchema } from './custom-claims.js';
import type { VerifiedClaims } from './verified-claims.js';

/** Settings of a {@link TokenMinter}. */
export interface TokenMinterOptions {
  /** `aud` of every token: the name shared by all services that trust this gateway. */
  readonly trustDomain: string;
  /** `iss` of every token. */
  readonly issuer: string;
  /** `req_wl` of every token: the name of the gateway's workload; no comma. */
  readonly workload: string;
  /** Seconds. Default 60, at most 300. */
  readonly lifetimeSeconds?: number;
  readonly signer: Signer;
  /** The same schema as the verifiers', so that claims come out equal with and without a hop. */
  readonly customClaims?: CustomClaimsSchema;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** What one token says; issuer, audience, workload and times are the minter's. */
export interface MintInput {
  /** The request's id, from `newTransactionId()`. */
  readonly tokenId: string;
  readonly userId: string;
  readonly tenantId?: string;
  readonly permissions: readonly string[];
  /** Purposes, space-delimited. */
  readonly scope: string;
  /** False only for the principal `anonymous`. */
  readonly authenticated: boolean;
  /** `rctx`: where the request came from. */
  readonly requestContext?: { readonly req_ip?: string; readonly authn?: string };
  readonly custom?: CustomClaims;
  /** Seconds since the epoch that `exp` may not pass: the end of the access token's life. */
  readonly notAfter?: number;
}

/** Fixes the claims of one request's token. Nothing is signed before the token leaves the process. */
export class TokenMinter {
  constructor(_options: TokenMinterOptions) {
    throw new Error('not yet');
  }

  /** Tokens minted by this object. */
  get minted(): number {
    return 0;
  }

  /** Signatures made for them: at most one each. */
  get signed(): number {
    return 0;
  }

  mint(_input: MintInput): VerifiedClaims {
    throw new Error('not yet');
  }
}
