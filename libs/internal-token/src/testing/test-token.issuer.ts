import type { KeySource, MintInput, VerifiedClaims } from '../core/index.js';

/** Settings of a {@link TestTokenIssuer}. */
export interface TestTokenIssuerOptions {
  /** Default `test`. */
  readonly trustDomain?: string;
  /** Default `api_gateway`. */
  readonly issuer?: string;
}

/** What a test wants a token to say; everything has a default. */
export type TestTokenInput = Partial<MintInput>;

/** Issues tokens for tests, good ones and bad ones, with a key of its own. */
export class TestTokenIssuer {
  constructor(_options: TestTokenIssuerOptions = {}) {
    throw new Error('not yet');
  }

  /** For `InternalTokenModule.forRoot({ keys })`. */
  get keys(): KeySource {
    throw new Error('not yet');
  }

  /** Verified claims, for `InternalTokenContext.run()`. */
  claims(_input: TestTokenInput = {}): VerifiedClaims {
    throw new Error('not yet');
  }

  /** A good token, for the header `Txn-Token`. */
  token(_input: TestTokenInput = {}): string {
    throw new Error('not yet');
  }
}
