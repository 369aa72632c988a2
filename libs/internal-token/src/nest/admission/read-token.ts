import { InternalTokenError, readTokenHeader } from '../../core/index.js';
import type { RequestRecord } from '../context/request-record.js';

/** Reads `Txn-Token`. What is wrong with it is a refusal like any other: `admit` decides what follows. */
export function readToken(request: RequestRecord): void {
  try {
    request.token = readTokenHeader(request.raw.rawHeaders);
  } catch (error) {
    if (!(error instanceof InternalTokenError)) throw error;
    request.refusal = error;
  }
}
