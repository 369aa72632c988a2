import { InternalTokenError } from '../../core/index.js';
import type { RequestRecord } from '../context/request-record.js';

/** A handshake that cannot be accepted learns first whether a token is missing, like any other request. */
export function refuseHandshake({ handshake, refusal, claims }: RequestRecord): void {
  if (!handshake) return;
  throw refusal ?? new InternalTokenError(claims === undefined ? 'txn_missing' : 'upgrade_refused');
}
