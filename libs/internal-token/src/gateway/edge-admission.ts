import { Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import {
  ANONYMOUS_USER_ID,
  encodedToken,
  InternalTokenError,
  keyIdOf,
  tokenHash,
  type VerifiedClaims,
} from '../core/index.js';
import {
  type AdmissionRequest,
  emitRequestEvent,
  CLIENT_CLOSED_REQUEST,
  RequestAdmission,
  type RouteDefinition,
  TokenAdmission,
  Tracer,
} from '../nest/index.js';
import { readBearerToken } from './authenticate/read-bearer-token.js';
import { AccessTokenAuthenticator } from './authenticate/index.js';
import { assertPlainBody } from './dispatch/assert-plain-body.js';
import { EdgeCollaborators } from './edge-collaborators.js';
import { RESOLVED_EDGE_OPTIONS, type ResolvedEdgeOptions } from './edge.options.js';
import type { EdgeRequest } from './authorize/edge-policy.js';
import { EdgeRefusals } from './edge-refusals.js';
import { enrichPrincipal } from './authorize/enrichment.js';
import { withdrawField } from './normalize/header-hygiene.js';
import { GatewayRoutes } from './route/gateway-routes.js';
import { InternalListeners } from './listeners/internal-listener.js';
import type { Principal } from './authenticate/principal.js';
import { checkHead } from './normalize/request-framing.js';
import { type Arrival, RequestReception } from './normalize/request-reception.js';
import { stripResponseFields } from './dispatch/strip-response-fields.js';
import { assertRoutePermissions, grantedScope } from './authorize/route-authorization.js';

/**
 * The way in. A public request is cleaned, matched, authenticated and given exactly one internal token; a request of
 * the internal listener is admitted like in any service. Nothing here waits unless something asynchronous must be
 * asked: a key set, an introspection endpoint, a policy, an enricher, a remote signer.
 */
@Injectable()
export class EdgeAdmission extends RequestAdmission {
  readonly #admitted = new WeakMap<IncomingMessage, RouteDefinition>();

  constructor(
    @Inject(RESOLVED_EDGE_OPTIONS) private readonly settings: ResolvedEdgeOptions,
    private readonly reception: RequestReception,
    private readonly routes: GatewayRoutes,
    private readonly authenticator: AccessTokenAuthenticator,
    private readonly collaborators: EdgeCollaborators,
    private readonly refusals: EdgeRefusals,
    private readonly listeners: InternalListeners,
    private readonly tokens: TokenAdmission,
    private readonly tracer: Tracer,
  ) {
    super();
  }

  override admit(request: AdmissionRequest): boolean | Promise<boolean> {
    if (this.listeners.isInternal(request.raw)) return this.#admitInternal(request);
    stripResponseFields(request.response);
    if (request.upgrade) return this.#refuseUpgrade(request);
    try {
      const arrival = this.reception.receive(request);
      if (arrival === undefined) return true;
      this.#checkEarly(arrival);
      return this.#authenticate(arrival);
    } catch (error) {
      return this.refusals.answer(request, error);
    }
  }

  override prepareOpen(raw: IncomingMessage): void {
    if (!this.listeners.isInternal(raw)) this.reception.receiveOpen(raw);
  }

  /** True for a request of an internal listener: the socket decides, nothing the request says. */
  isInternal(raw: IncomingMessage): boolean {
    return this.listeners.isInternal(raw);
  }

  /** The route a public request was let in for; undefined if it was not. */
  routeOf(raw: IncomingMessage): RouteDefinition | undefined {
    return this.#admitted.get(raw);
  }

  /** Inside, the token speaks for itself: verified like in a service, never removed and never minted. */
  #admitInternal(request: AdmissionRequest): boolean | Promise<boolean> {
    try {
      checkHead(request);
      assertPlainBody(request);
    } catch (error) {
      return this.refusals.answer(request, error);
    }
    const admitted = this.tokens.admit(request);
    if (typeof admitted === 'boolean') return this.#enterService(request, admitted);
    return admitted.then((late) => this.#enterService(request, late));
  }

  #enterService(request: AdmissionRequest, admitted: boolean): boolean {
    if (!admitted || isGone(request)) return false;
    try {
      const route = this.routes.find(request.raw);
      if (route) this.#enterDomain(request, route);
      return true;
    } catch (error) {
      return this.refusals.answer(request, error);
    }
  }

  /** Looks at no token: a handshake is no way to try credentials past the policies. */
  #refuseUpgrade(request: AdmissionRequest): boolean {
    try {
      const missing = readBearerToken(request.raw.rawHeaders) === undefined;
      const error = new InternalTokenError(missing ? 'access_token_missing' : 'upgrade_refused');
      return this.refusals.answer(request, error, missing);
    } catch (error) {
      return this.refusals.answer(request, error, true);
    }
  }

  #authenticate(arrival: Arrival): boolean | Promise<boolean> {
    const { request } = arrival;
    let principal: Principal | undefined | Promise<Principal | undefined>;
    try {
      principal = this.authenticator.authenticate(request.raw.rawHeaders);
    } catch (error) {
      return this.refusals.answer(request, error, true);
    }
    if (!(principal instanceof Promise)) return this.#decide(arrival, principal);
    return principal.then(
      (late) => this.#settle(request, () => this.#decide(arrival, late)),
      (error: unknown) => this.refusals.answer(request, error, true),
    );
  }

  /** Also for wrong credentials: nothing was looked at yet. */
  #checkEarly({ request: { raw, response, store }, route, clientAddress }: Arrival): void {
    const { policies } = this.collaborators;
    if (policies.early) {
      policies.checkBefore({ txn: store.txn, route, principal: undefined, clientAddress, raw, response });
    }
  }

  #decide(arrival: Arrival, principal: Principal | undefined): boolean | Promise<boolean> {
    const { request, route, clientAddress } = arrival;
    if (isGone(request)) return false;
    if (!this.settings.forwardAuthorization) withdrawField(request.raw, 'authorization');
    if (!this.settings.forwardCookies) withdrawField(request.raw, 'cookie');
    const scope = grantedScope(route, principal);
    this.#assertProtocol(arrival, principal);
    if (!this.settings.upstreams.origins.has(route.domain)) assertPlainBody(request);
    const { enricher } = this.collaborators;
    const known: EdgeRequest = {
      txn: request.store.txn,
      route,
      principal,
      clientAddress,
      raw: request.raw,
      response: request.response,
    };
    // An enricher may still add what is missing here.
    if (enricher === undefined) assertRoutePermissions(route, principal);
    const pending = this.collaborators.policies.checkAfter(known);
    if (pending === undefined && (enricher === undefined || principal === undefined)) {
      return this.#issue(request, known, scope);
    }
    return this.#settle(request, async () => {
      await pending;
      if (isGone(request)) return false;
      const enriched =
        enricher && principal
          ? await enrichPrincipal(principal, enricher, this.settings.enrichmentTimeoutMs)
          : principal;
      assertRoutePermissions(route, enriched);
      return this.#issue(request, { ...known, principal: enriched }, scope);
    });
  }

  /** A server may ignore the wish for another protocol (RFC 9110 section 7.8); a WebSocket client must hear a no. */
  #assertProtocol({ protocol, route }: Arrival, principal: Principal | undefined): void {
    if (protocol === undefined || !protocol.includes('websocket')) return;
    if (principal === undefined || this.settings.upstreams.origins.has(route.domain)) {
      throw new InternalTokenError('upgrade_refused');
    }
  }

  /** The one mint of the request. */
  #issue(request: AdmissionRequest, known: EdgeRequest, scope: string): boolean | Promise<boolean> {
    if (isGone(request)) return false;
    const { issuer } = this.collaborators;
    const claims = issuer.mint(this.#mintInput(known, scope));
    if (!issuer.asynchronous) return this.#handOver(request, known, claims);
    return this.#settle(request, async () => {
      const token = await encodedToken(claims);
      return isGone(request) ? false : this.#handOver(request, known, claims, token);
    });
  }

  #mintInput({ txn, principal, clientAddress }: EdgeRequest, scope: string) {
    const origin = clientAddress === '' ? {} : { req_ip: clientAddress };
    if (principal === undefined) {
      return {
        tokenId: txn,
        userId: ANONYMOUS_USER_ID,
        permissions: [],
        scope,
        authenticated: false,
        requestContext: origin,
      };
    }
    const { userId, tenantId, permissions, authn, custom, expiresAt } = principal;
    return {
      tokenId: txn,
      userId,
      ...(tenantId !== undefined && { tenantId }),
      permissions,
      scope,
      authenticated: true,
      requestContext: { ...origin, ...(authn !== undefined && authn.length > 0 && { authn: authn.join(' ') }) },
      ...(custom !== undefined && { custom }),
      ...(!this.settings.allowOutlive && { notAfter: expiresAt }),
    };
  }

  #handOver(
    request: AdmissionRequest,
    known: EdgeRequest,
    claims: VerifiedClaims,
    token?: string,
  ): boolean | Promise<boolean> {
    const { store } = request;
    store.claims = claims;
    store.span?.join(store.txn, { ageMs: 0, ttlMs: claims.expiresAt * 1000 - Date.now(), kid: keyIdOf(claims) });
    this.#record(claims, token);
    if (!this.settings.upstreams.origins.has(known.route.domain)) {
      this.#admitted.set(known.raw, known.route);
      this.#enterDomain(request, known.route);
      return true;
    }
    request.allowBody();
    const forwarded = emitRequestEvent(known.raw, known.response, () =>
      this.collaborators.forwarder.forward(known, () => encodedToken(claims)),
    );
    if (forwarded === undefined) return false;
    return this.#settle(request, () => forwarded.then(() => false));
  }

  /**
   * From here on the domain's code runs: its lines carry its name, and the time line has the operation that a process
   * of its own would have.
   */
  #enterDomain({ raw, response, store }: AdmissionRequest, route: RouteDefinition): void {
    if (store.span?.service === route.domain) return;
    const span = this.tracer.open({
      op: `${raw.method} ${route.path}`,
      kind: 'internal',
      service: route.domain,
      route: route.path,
    });
    store.span = span;
    // Before the server span's listener: a child ends before its parent.
    response.prependOnceListener('close', () => {
      const { statusCode, writableFinished } = response;
      if (statusCode < 500 && !writableFinished) span.fail(clientGone());
      // A refusal, as a call across a port tells it: an error whose status says whose doing it is.
      else if (statusCode >= 400 && statusCode < 500) span.fail(refused(statusCode));
      span.end(statusCode >= 400 || !writableFinished ? 'error' : 'ok');
    });
  }

  #record(claims: VerifiedClaims, token: string | undefined): void {
    const { sink } = this.collaborators;
    if (sink === undefined) return;
    try {
      const pending = sink.issued({
        txn: claims.tokenId,
        sub: claims.userId,
        scope: claims.scope,
        requestedBy: claims.requestedBy,
        expiresAt: claims.expiresAt,
        keyId: keyIdOf(claims),
        ...(token !== undefined && { tokenHash: tokenHash(token) }),
      });
      pending?.catch((error: unknown) => this.refusals.reportSink(error));
    } catch (error) {
      this.refusals.reportSink(error);
    }
  }

  /** Runs a step after something was waited for; its failure is an answer too. */
  async #settle(request: AdmissionRequest, step: () => boolean | Promise<boolean>): Promise<boolean> {
    try {
      return await step();
    } catch (error) {
      return this.refusals.answer(request, error);
    }
  }
}

/**
 * The client left while something was asked. Whatever waits for the response to close would wait for ever, and a token
 * would be minted for nobody.
 */
function isGone({ response }: AdmissionRequest): boolean {
  return response.destroyed;
}

/** Counts where a handler has answered so without throwing anything. */
function refused(status: number): Error {
  return Object.assign(new Error(`Answered with ${status}`), { status });
}

/** Clients may hang up as they like: no failure of this side, and none in the log. The status is nginx' for it. */
function clientGone(): Error {
  const error = new Error('The client went away before the answer was complete');
  return Object.assign(error, { status: CLIENT_CLOSED_REQUEST });
}
