import { Logger } from '@nestjs/common';
import { keyIdOf, tokenHash } from '../../core/index.js';
import type { VerifiedClaims } from '../../nest/index.js';
import type { IssuanceSink } from './issuance-sink.js';

/** Hands a record of every minted token to the application's {@link IssuanceSink}. */
export class IssuanceRecorder {
  readonly #logger = new Logger('InternalTokenIssuance');

  constructor(private readonly sink: IssuanceSink) {}

  /** @param token its text, where it is signed already */
  record(claims: VerifiedClaims, token: string | undefined): void {
    try {
      const pending = this.sink.issued({
        txn: claims.tokenId,
        sub: claims.userId,
        scope: claims.scope,
        requestedBy: claims.requestedBy,
        expiresAt: claims.expiresAt,
        keyId: keyIdOf(claims),
        ...(token !== undefined && { tokenHash: tokenHash(token) }),
      });
      pending?.catch((error: unknown) => this.#report(error));
    } catch (error) {
      this.#report(error);
    }
  }

  /** Records are an audit's: losing one is no reason to refuse a request. */
  #report(error: unknown): void {
    this.#logger.error('the issuance record was not taken', error instanceof Error ? error.stack : undefined);
  }
}
