import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import { InternalTokenError, isVerified, type VerifiedClaims } from '../core/index.js';
import { assertPermissions, assertScope } from './authorization.js';
import { type HandlerPolicy, policyOf } from './handler-policy.js';
import { currentStore } from './internal-token.store.js';
import { routesOfHandler } from './reflect-routes.js';
import { RequestHook } from './request.hook.js';

/**
 * The global guard. It asks whether this request's context holds verified claims and whether they suffice for the
 * handler; where they come from it does not know. Whatever it cannot decide, it refuses.
 *
 * The steps are protected: extend it to change one of them.
 */
@Injectable()
export class InternalTokenGuard implements CanActivate {
  constructor(
    private readonly hook: RequestHook,
    private readonly host: HttpAdapterHost,
  ) {}

  canActivate(execution: ExecutionContext): boolean {
    const policy = policyOf(execution.getClass(), execution.getHandler());
    this.nameSpan(execution);
    if (policy.access === 'none') return true;
    const claims = this.claimsOf(execution);
    this.checkPrincipal(claims, policy);
    this.checkScope(claims, policy);
    this.checkPermissions(claims, policy);
    this.protectFromCaches(execution);
    return true;
  }

  /** The server span learns which handler serves the request: `POST /orders`. */
  protected nameSpan(execution: ExecutionContext): void {
    const [route] = routesOfHandler(execution.getClass(), execution.getHandler());
    if (route !== undefined) currentStore()?.span?.describe({ op: `${route.method} ${route.path}`, route: route.path });
  }

  /** True for the kinds of handler whose context this guard knows. */
  protected supports(execution: ExecutionContext): boolean {
    return execution.getType() === 'http';
  }

  /** @throws InternalTokenError the reason why this request has no verified claims */
  protected claimsOf(execution: ExecutionContext): VerifiedClaims {
    if (!this.supports(execution)) {
      throw new InternalTokenError('txn_no_context', `Handlers of type "${execution.getType()}" have no token here.`);
    }
    const store = currentStore();
    if (store?.refusal !== undefined) throw store.refusal;
    if (!isVerified(store?.claims)) throw new InternalTokenError('txn_missing');
    // A library that loses or mixes up asynchronous contexts must not lend one request's claims to another.
    if (this.hook.storeOf(rawRequest(execution))?.claims !== store.claims)
      throw new InternalTokenError('txn_no_context');
    return store.claims;
  }

  protected checkPrincipal(claims: VerifiedClaims, policy: HandlerPolicy): void {
    if (claims.authenticated || policy.access === 'public') return;
    throw new InternalTokenError('txn_scope', 'This operation is not open to anonymous callers.');
  }

  protected checkScope(claims: VerifiedClaims, { access, scopes }: HandlerPolicy): void {
    if (scopes === undefined || scopes === 'any') return;
    // Its scope is the word `anonymous`; @Public() has let it in already.
    if (access === 'public' && !claims.authenticated) return;
    assertScope(claims, scopes);
  }

  protected checkPermissions(claims: VerifiedClaims, { permissions }: HandlerPolicy): void {
    assertPermissions(claims, permissions);
  }

  /** RFC 9111, section 3.5 keeps shared caches from storing what `Authorization` guards; `Txn-Token` needs this. */
  protected protectFromCaches(execution: ExecutionContext): void {
    const response: unknown = execution.switchToHttp().getResponse();
    const { httpAdapter } = this.host;
    if (!httpAdapter.getHeader(response, 'Cache-Control')) {
      httpAdapter.setHeader(response, 'Cache-Control', 'private, no-store');
    }
  }
}

function rawRequest(execution: ExecutionContext): IncomingMessage {
  const request = execution.switchToHttp().getRequest<IncomingMessage & { raw?: IncomingMessage }>();
  return request.raw ?? request;
}
