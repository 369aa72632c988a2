import { Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { answer } from './answer.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from './internal-token.options.js';
import {
  InternalTokenError,
  InternalTokenVerifier,
  keyIdOf,
  readTokenHeader,
  type VerifiedClaims,
} from '../core/index.js';
import { RequestAdmission, type AdmissionRequest } from './request.admission.js';
import { RoutePolicies } from './route-policies.js';
import { matchingParent } from './traceparent.js';

/**
 * What a service does when headers arrive: verify the internal token.
 *
 * A refusal is remembered for the guard, so that handlers marked `@NoInternalToken()` still answer. Only a request with
 * a body that no such handler can take is answered at once, so that nobody makes a service read what it will refuse.
 */
@Injectable()
export class TokenAdmission extends RequestAdmission {
  private ignored = 0;

  constructor(
    private readonly verifier: InternalTokenVerifier,
    private readonly policies: RoutePolicies,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'trustDomain'>,
  ) {
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

  private refuse({ raw, response, store }: AdmissionRequest, error: unknown): boolean {
    if (!(error instanceof InternalTokenError)) throw error;
    store.refusal = error;
    if (!announcesBody(raw) || this.policies.mayNeedNoToken(raw.method)) return true;
    store.span?.fail(error);
    answer(response, error, store.txn, this.options.trustDomain);
    return false;
  }
}

function announcesBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}
