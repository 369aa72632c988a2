import { Injectable } from '@nestjs/common';
import {
  InternalTokenError,
  InternalTokenVerifier,
  keyIdOf,
  readTokenHeader,
  type VerifiedClaims,
} from '../core/index.js';
import { RequestAdmission, type AdmissionRequest } from './request.admission.js';
import { matchingParent } from './traceparent.js';

/**
 * What a service does when headers arrive: verify the internal token. A refusal is only remembered here, so that
 * handlers marked `@NoInternalToken()` still answer; the guard refuses for all others.
 */
@Injectable()
export class TokenAdmission extends RequestAdmission {
  private ignored = 0;

  constructor(private readonly verifier: InternalTokenVerifier) {
    super();
  }

  /** `traceparent` fields that named another trace than the verified token, and were ignored. */
  get ignoredTraceparents(): number {
    return this.ignored;
  }

  override admit(request: AdmissionRequest): boolean | Promise<boolean> {
    const started = performance.now();
    try {
      const claims = this.verifier.verify(readTokenHeader(request.raw.rawHeaders));
      if (!(claims instanceof Promise)) return this.accept(request, claims, started);
      return claims.then(
        (late) => this.accept(request, late, started),
        (error: unknown) => this.refuse(request, error),
      );
    } catch (error) {
      return this.refuse(request, error);
    }
  }

  private accept({ raw, store }: AdmissionRequest, claims: VerifiedClaims, started: number): true {
    const verifyUs = Math.round((performance.now() - started) * 1000);
    const now = Date.now();
    const token = {
      ageMs: now - claims.issuedAt * 1000,
      ttlMs: claims.expiresAt * 1000 - now,
      kid: keyIdOf(claims),
      verifyUs,
    };
    const traceparent = raw.headers['traceparent'];
    const parent = matchingParent(traceparent, claims.tokenId);
    if (traceparent !== undefined && parent === undefined) this.ignored++;
    store.claims = claims;
    store.txn = claims.tokenId;
    store.span?.join(claims.tokenId, token, parent);
    return true;
  }

  private refuse({ store }: AdmissionRequest, error: unknown): true {
    if (!(error instanceof InternalTokenError)) throw error;
    store.refusal = error;
    return true;
  }
}
