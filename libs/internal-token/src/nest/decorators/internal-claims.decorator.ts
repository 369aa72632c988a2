import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { InternalTokenError, type InternalTokenClaims, isVerified } from '../../core/index.js';
import { asksForClaims, policyOf } from '../policy/handler-policy.js';
import { currentStore } from '../context/internal-token-store.js';

/**
 * Injects the verified, frozen claims, or one of them, into a handler parameter:
 *
 * ```ts
 * me(@InternalClaims() claims: InternalTokenClaims) {}
 * list(@InternalClaims('tenantId') tenantId: string) {}
 * ```
 *
 * @throws InternalTokenError `txn_no_context` on a `@NoInternalToken()` handler, even if the request has a token; the
 * reason of the refusal if no token was verified
 */
export const InternalClaims = createParamDecorator<keyof InternalTokenClaims | undefined>(asksForClaims(claimsOf));

function claimsOf(claim: keyof InternalTokenClaims | undefined, execution: ExecutionContext): unknown {
  if (policyOf(execution.getClass(), execution.getHandler()).access === 'none') {
    throw new InternalTokenError(
      'txn_no_context',
      `${execution.getClass().name}.${execution.getHandler().name} is marked @NoInternalToken(), so it has no claims.`,
    );
  }
  const store = currentStore();
  if (!isVerified(store?.claims)) throw store?.refusal ?? new InternalTokenError('txn_no_context');
  return claim === undefined ? store.claims : store.claims[claim];
}
