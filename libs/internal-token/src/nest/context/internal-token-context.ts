import { Injectable, Optional } from '@nestjs/common';
import { InternalTokenError, isVerified, type VerifiedClaims } from '../../core/index.js';
import { Application } from './application.js';
import { assertPermissions, assertScope } from '../policy/authorization.js';
import { currentStore, enterStore } from './internal-token-store.js';

/**
 * The claims of the current request, anywhere in its code: in services, after `await`, in timers and event handlers.
 *
 * ```ts
 * constructor(private readonly context: InternalTokenContext) {}
 * cancel(id: string) {
 *   this.context.require('orders:write');
 *   return this.orders.cancel(this.context.claims.tenantId, id);
 * }
 * ```
 */
@Injectable()
export class InternalTokenContext {
  /** @param application absent only in a unit test that provides this class alone */
  constructor(@Optional() private readonly application?: Application) {}

  /**
   * The verified claims of the current request.
   * @throws InternalTokenError `txn_no_context` outside a request, or if no token was verified
   */
  get claims(): VerifiedClaims {
    const claims = currentStore()?.claims;
    if (isVerified(claims)) return claims;
    throw new InternalTokenError('txn_no_context');
  }

  /** The id of the current request, even if it has no claims; undefined outside a request. */
  get txn(): string | undefined {
    return currentStore()?.txn;
  }

  /** The process that sent the current request; undefined unless a `CallerAuthenticator` has identified it. */
  get caller(): string | undefined {
    return currentStore()?.caller?.id;
  }

  /**
   * Throws unless the user has the permission. Anonymous has none.
   * @throws InternalTokenError `txn_permission`, `txn_no_context`
   */
  require(permission: string): void {
    assertPermissions(this.claims, [permission]);
  }

  /**
   * Throws unless the request is for one of these purposes.
   * @throws InternalTokenError `txn_scope`, `txn_no_context`
   */
  requireScope(...purposes: readonly string[]): void {
    assertScope(this.claims, purposes);
  }

  /**
   * Runs `fn` with these claims, in its own context that shares nothing with the surrounding one.
   * @param claims from the issuer or verifier of this process; copies are refused
   * @throws InternalTokenError `txn_no_context`
   */
  run<T>(claims: VerifiedClaims, fn: () => T): T {
    if (!isVerified(claims)) {
      throw new InternalTokenError('txn_no_context', 'Pass claims to run() that this process has verified or issued.');
    }
    const { application } = this;
    return enterStore({ txn: claims.tokenId, claims, ...(application && { application }) }, fn);
  }
}
