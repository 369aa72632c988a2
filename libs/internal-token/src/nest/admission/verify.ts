import { InternalTokenError, type InternalTokenVerifier, keyIdOf, type VerifiedClaims } from '../../core/index.js';
import type { ValidationRecorder } from '../audit/validation-recorder.js';
import { parentOfTrace } from '../tracing/parent-of-trace.js';
import type { RequestRecord } from '../context/request-record.js';
import type { Step } from './request-pipeline.js';

/**
 * Verifies the token: the request gets its claims and its id, or the reason why it has none. Waits only for a key that
 * has to be fetched first.
 * @param onForeignTrace called for a `traceparent` of another trace, which is ignored
 */
export function verify(
  verifier: InternalTokenVerifier,
  recorder: ValidationRecorder | undefined,
  onForeignTrace: () => void,
): Step<RequestRecord> {
  const accept = (request: RequestRecord, claims: VerifiedClaims, started: number): void => {
    const now = Date.now();
    const traceparent = request.raw.headers['traceparent'];
    const parent = parentOfTrace(traceparent, claims.tokenId);
    if (traceparent !== undefined && parent === undefined) onForeignTrace();
    request.claims = claims;
    request.txn = claims.tokenId;
    const token = {
      ageMs: now - claims.issuedAt * 1000,
      ttlMs: claims.expiresAt * 1000 - now,
      kid: keyIdOf(claims),
      verifyUs: Math.round((performance.now() - started) * 1000),
    };
    request.span?.join(claims.tokenId, token, parent);
    recorder?.record(request, started);
  };
  const refuse = (request: RequestRecord, error: unknown, started: number): void => {
    if (!(error instanceof InternalTokenError)) throw error;
    request.refusal = error;
    recorder?.record(request, started);
  };
  return (request) => {
    const started = performance.now();
    if (request.token === undefined) return recorder?.record(request, started);
    try {
      const claims = verifier.verify(request.token);
      if (!(claims instanceof Promise)) return accept(request, claims, started);
      return claims.then(
        (late) => accept(request, late, started),
        (error: unknown) => refuse(request, error, started),
      );
    } catch (error) {
      return refuse(request, error, started);
    }
  };
}
