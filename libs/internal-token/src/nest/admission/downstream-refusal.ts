import { InternalTokenError, isVerified } from '../../core/index.js';
import { currentStore } from '../context/internal-token-store.js';

/**
 * What a refusal of the internal token means after its request was let in: the credentials were good, so a 401 would
 * send the caller for others that change nothing. A token that ran out meanwhile is a time-out of this side; one that
 * the next service refuses is a matter between the services.
 *
 * Undefined for everything else, `txn_replayed` included: the guard says that of the very token that came.
 */
export function downstreamRefusal(exception: unknown): InternalTokenError | undefined {
  if (!(exception instanceof Error) || !isVerified(currentStore()?.claims)) return undefined;
  const { code, status } = exception as { code?: unknown; status?: unknown };
  // Our own guard refuses by an InternalTokenError; what another service said came over a port.
  if (isCallerRefusal(code) && !(exception instanceof InternalTokenError)) {
    return new InternalTokenError('upstream_rejected_caller', undefined, { cause: exception });
  }
  if (status !== 401 || typeof code !== 'string' || !code.startsWith('txn_') || code === 'txn_replayed') {
    return undefined;
  }
  const meaning = code === 'txn_expired' ? 'upstream_timeout' : 'upstream_rejected_token';
  return new InternalTokenError(meaning, undefined, { cause: exception });
}

function isCallerRefusal(code: unknown): boolean {
  return typeof code === 'string' && code.startsWith('caller_');
}
