import { ANONYMOUS_USER_ID, keyIdOf, type MintInput } from '../../core/index.js';
import { encodedToken, type Step } from '../../nest/index.js';
import type { GatewayRequest } from '../gateway-request.js';
import type { InternalTokenIssuer } from './internal-token-issuer.js';
import type { IssuanceRecorder } from './issuance-recorder.js';

export interface MintStepOptions {
  /** An internal token may live longer than the access token that it stands for. */
  readonly allowOutlive: boolean;
}

/**
 * The one mint of a request: fixes its claims. The token is signed when it first leaves the process; where the key lives
 * elsewhere, here.
 * @throws InternalTokenError (or rejects with it) `txn_mint_refused`, `txn_too_large`, `txn_expired`
 */
export function mint(
  issuer: InternalTokenIssuer,
  recorder: IssuanceRecorder | undefined,
  { allowOutlive }: MintStepOptions,
): Step<GatewayRequest> {
  return (request) => {
    const claims = issuer.mint(mintInput(request, allowOutlive));
    const accept = (token?: string): void => {
      // A client that left while the token was signed gets none.
      if (request.response.destroyed) return;
      request.claims = claims;
      const ttlMs = claims.expiresAt * 1000 - Date.now();
      request.span?.join(request.txn, { ageMs: 0, ttlMs, kid: keyIdOf(claims) });
      recorder?.record(claims, token);
    };
    return issuer.asynchronous ? Promise.resolve(encodedToken(claims)).then(accept) : accept();
  };
}

function mintInput({ txn, principal, clientAddress, scope }: GatewayRequest, allowOutlive: boolean): MintInput {
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
    ...(!allowOutlive && { notAfter: expiresAt }),
  };
}
