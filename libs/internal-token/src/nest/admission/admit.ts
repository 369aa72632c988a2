import { InternalTokenError } from '../../core/index.js';
import type { CallerAuthentication } from '../caller/caller-authentication.js';
import type { TokenExemptions } from '../routes/token-exemptions.js';
import type { Step } from './request-pipeline.js';
import type { RequestRecord } from '../context/request-record.js';

/**
 * Refuses a request without a valid token or a known caller, so that no middleware, parser or handler sees it, unless an
 * exemption covers the route that would serve it. The guard decides once more, for the handler itself. A handshake that
 * cannot be accepted learns first whether a token is missing, like any other request.
 */
export function admit(exemptions: TokenExemptions, callers: CallerAuthentication): Step<RequestRecord> {
  return (request) => {
    const { raw, refusal, caller, claims, handshake } = request;
    const reason = refusal === undefined ? caller?.refusal : (callers.refusalOf(request) ?? refusal);
    if (reason !== undefined && !exemptions.mayPassWithoutToken(raw, reason)) throw reason;
    if (handshake) throw refusal ?? new InternalTokenError(claims === undefined ? 'txn_missing' : 'upgrade_refused');
  };
}
