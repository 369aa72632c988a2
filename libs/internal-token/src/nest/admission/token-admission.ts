import { Inject, Injectable } from '@nestjs/common';
import { emitRequestEvent } from './emit-request-event.js';
import { sendRefusal } from './send-refusal.js';
import { CallerAuthentication } from '../caller/caller-authentication.js';
import { ValidationRecorder } from '../audit/validation-recorder.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';
import {
  InternalTokenError,
  InternalTokenVerifier,
  keyIdOf,
  readTokenHeader,
  type VerifiedClaims,
} from '../../core/index.js';
import { RequestAdmission, type AdmissionRequest } from './request-admission.js';
import { TokenExemptions } from '../routes/token-exemptions.js';
import { parentOfTrace } from '../tracing/parent-of-trace.js';

/**
 * What a service does when headers arrive: verify the internal token.
 *
 * A request without a valid one is answered at once, so that no middleware, parser or handler sees it, unless
 * `TokenExemptions` knows an exception. The refusal is remembered for the guard, which decides once more.
 */
@Injectable()
export class TokenAdmission extends RequestAdmission {
  #ignored = 0;

  constructor(
    private readonly verifier: InternalTokenVerifier,
    private readonly exemptions: TokenExemptions,
    private readonly recorder: ValidationRecorder,
    private readonly callers: CallerAuthentication,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'trustDomain'>,
  ) {
    super();
  }

  /** `traceparent` fields that named another trace than the verified token, and were ignored. */
  get ignoredTraceparents(): number {
    return this.#ignored;
  }

  override admit(request: AdmissionRequest): boolean | Promise<boolean> {
    const started = performance.now();
    let token: string | undefined;
    let refusal: unknown;
    try {
      token = readTokenHeader(request.raw.rawHeaders);
    } catch (error) {
      refusal = error;
    }
    const identified = this.callers.identify({ raw: request.raw, token }, request.store);
    const verify = () => this.#verify(request, token, refusal, started);
    const admitted = identified === undefined ? verify() : identified.then(verify);
    if (typeof admitted !== 'boolean') request.store.span?.joinsWith(admitted);
    return admitted;
  }

  #verify(
    request: AdmissionRequest,
    token: string | undefined,
    refusal: unknown,
    started: number,
  ): boolean | Promise<boolean> {
    if (token === undefined) return this.#refuse(request, refusal, token, started);
    try {
      const claims = this.verifier.verify(token);
      if (!(claims instanceof Promise)) return this.#accept(request, claims, token, started);
      return claims.then(
        (late) => this.#accept(request, late, token, started),
        (error: unknown) => this.#refuse(request, error, token, started),
      );
    } catch (error) {
      return this.#refuse(request, error, token, started);
    }
  }

  #accept(request: AdmissionRequest, claims: VerifiedClaims, text: string | undefined, started: number): boolean {
    const { raw, store } = request;
    const verifyUs = Math.round((performance.now() - started) * 1000);
    const now = Date.now();
    const token = {
      ageMs: now - claims.issuedAt * 1000,
      ttlMs: claims.expiresAt * 1000 - now,
      kid: keyIdOf(claims),
      verifyUs,
    };
    const traceparent = raw.headers['traceparent'];
    const parent = parentOfTrace(traceparent, claims.tokenId);
    if (traceparent !== undefined && parent === undefined) this.#ignored++;
    store.claims = claims;
    store.txn = claims.tokenId;
    store.span?.join(claims.tokenId, token, parent);
    this.recorder.record({ txn: store.txn, token: text, started, outcome: claims });
    return store.caller?.refusal === undefined || this.#mayGoOn(request, store.caller.refusal);
  }

  #refuse(request: AdmissionRequest, error: unknown, token: string | undefined, started: number): boolean {
    if (!(error instanceof InternalTokenError)) throw error;
    const { store } = request;
    store.refusal = error;
    this.recorder.record({ txn: store.txn, token, started, outcome: error });
    return this.#mayGoOn(request, this.callers.refusalOf(store) ?? error);
  }

  #mayGoOn({ raw, response, store, upgrade }: AdmissionRequest, error: InternalTokenError): boolean {
    if (upgrade === true || this.exemptions.mayPassWithoutToken(raw, error)) return true;
    store.span?.fail(error);
    emitRequestEvent(raw, response, () => sendRefusal(response, error, store.txn, this.options.trustDomain));
    return false;
  }
}
