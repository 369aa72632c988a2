import type { Principal } from '../principal.js';
import type { AccessTokenIssuerOptions } from './access-token-issuer.options.js';

export interface AccessTokenCacheOptions {
  /** Most verified tokens remembered per issuer. Default 10000. */
  readonly maxEntries?: number;
  /** Longest time an introspection result is believed, in seconds. Default 30; 0 asks every time. */
  readonly introspectionSeconds?: number;
}

export interface AccessTokenAuthenticatorOptions {
  readonly issuers: readonly AccessTokenIssuerOptions[];
  /** Accept http to loopback addresses: development only. */
  readonly allowInsecureLoopback: boolean;
  /** An access token with less life left counts as expired. Default 10. */
  readonly minimumRemainingSeconds?: number;
  readonly cache?: AccessTokenCacheOptions;
}

/** Everything between the `Authorization` field and a principal to mint from. */
export class AccessTokenAuthenticator {
  constructor(_options: AccessTokenAuthenticatorOptions) {}

  /** Every issuer's keys are loaded. */
  get ready(): boolean {
    return false;
  }

  /** Loads keys and metadata; returns after the first attempt and keeps trying in the background. */
  start(): Promise<void> {
    return Promise.resolve();
  }

  /** `undefined`: the request carries no credentials. Throws, or rejects with, an InternalTokenError. */
  authenticate(_rawHeaders: readonly string[]): Principal | undefined | Promise<Principal | undefined> {
    return undefined;
  }

  close(): void {}
}
