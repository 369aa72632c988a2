import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import { InternalTokenError, isVerified, type VerifiedClaims } from '../../core/index.js';
import { assertPermissions, assertScope } from '../policy/authorization.js';
import { Application } from '../context/application.js';
import { CallerAuthentication } from '../caller/caller-authentication.js';
import { type HandlerPolicy, policyOf } from '../policy/handler-policy.js';
import { currentStore, shareWithCls } from '../context/internal-token-store.js';
import { nameSpan } from '../tracing/name-span.js';
import { MessageHandlers } from './message-handlers.js';
import { ReplayProtection } from '../replay/replay-protection.js';
import { recordOf } from '../context/request-record.js';
import { UnverifiedRequests } from '../policy/unverified-requests.js';

/**
 * The global guard. It asks whether this request's context holds verified claims and whether they suffice for the
 * handler; where they come from it does not know. Whatever it cannot decide, it refuses.
 *
 * The steps are protected: extend it to change one of them.
 */
@Injectable()
export class InternalTokenGuard implements CanActivate {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly unverified: UnverifiedRequests,
    private readonly replays: ReplayProtection,
    private readonly callers: CallerAuthentication,
    private readonly messages: MessageHandlers,
    private readonly application: Application,
  ) {}

  /** A promise only where a replay store has to be waited for. */
  canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    const policy = policyOf(execution.getClass(), execution.getHandler());
    if (!this.supports(execution)) return this.checkMessage(execution, policy);
    shareWithCls(rawRequest(execution));
    nameSpan(execution);
    this.checkCaller(execution, policy);
    if (policy.access === 'none') return true;
    let claims: VerifiedClaims;
    try {
      claims = this.claimsOf(execution);
    } catch (error) {
      if (!this.passesUnverified(execution, policy, error)) throw error;
      this.protectFromCaches(execution);
      return true;
    }
    this.checkPrincipal(claims, policy);
    this.checkScope(claims, policy);
    this.checkPermissions(claims, policy);
    this.protectFromCaches(execution);
    return this.checkReplay(execution, claims, policy)?.then(() => true) ?? true;
  }

  /** True for the kinds of handler whose context this guard knows. */
  protected supports(execution: ExecutionContext): boolean {
    return execution.getType() === 'http';
  }

  /** Other kinds of handler have no token here, and nobody knows who calls them. */
  protected checkMessage(execution: ExecutionContext, policy: HandlerPolicy): true {
    try {
      this.callers.check(policy, undefined);
      if (policy.access === 'none') return true;
      throw new InternalTokenError('txn_no_context', `Handlers of type "${execution.getType()}" have no token here.`);
    } catch (error) {
      this.messages.noteRefusal(execution, error);
      throw error;
    }
  }

  /** @throws InternalTokenError the reason why this request has no verified claims */
  protected claimsOf(execution: ExecutionContext): VerifiedClaims {
    const store = currentStore();
    if (store?.refusal !== undefined) throw store.refusal;
    if (!isVerified(store?.claims)) throw new InternalTokenError('txn_missing');
    // A library that loses or mixes up asynchronous contexts must not lend one request's claims to another.
    const record = recordOf(rawRequest(execution), this.application);
    if (record?.claims !== store.claims) throw new InternalTokenError('txn_no_context');
    return store.claims;
  }

  /** In a mode other than `strict`: whether the request goes on without claims, though it was refused. */
  protected passesUnverified(execution: ExecutionContext, policy: HandlerPolicy, error: unknown): boolean {
    if (!this.unverified.mayPass(error, policy)) return false;
    const handler = `${execution.getClass().name}.${execution.getHandler().name}`;
    this.unverified.note((error as InternalTokenError).code, policy, handler);
    return true;
  }

  /** Who sent the request, where that is asked for; in every mode, and whatever token came along. */
  protected checkCaller(execution: ExecutionContext, policy: HandlerPolicy): void {
    this.callers.check(policy, recordOf(rawRequest(execution), this.application));
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

  /** The last step, so that only a use that is allowed counts as one. @throws InternalTokenError `txn_replayed` */
  protected checkReplay(
    execution: ExecutionContext,
    claims: VerifiedClaims,
    policy: HandlerPolicy,
  ): Promise<void> | undefined {
    return this.replays.check(claims, policy, execution) ?? undefined;
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
