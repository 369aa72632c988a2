import type { InternalTokenErrorCode } from '../../core/index.js';
import type { EnforcementMode } from '../policy/enforcement-mode.js';

/** One attempt to verify an internal token: what happened, but not the token's content. */
export interface ValidationRecord {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The service that verified. */
  readonly service: string;
  /** `refused` means that there are no claims; except in mode `strict` the request may have gone on without them. */
  readonly result: 'accepted' | 'refused';
  /** Why it was refused: a stable code of the error table. */
  readonly code?: InternalTokenErrorCode;
  /** The id on the request's log lines: that of the verified token, or else a fresh one. */
  readonly txn: string;
  /** The key that verified it; absent for a refusal, where the header cannot be trusted. */
  readonly kid?: string;
  /** base64url(SHA-256(token)), as in the issuance record; absent unless there was exactly one token. */
  readonly tokenHash?: string;
  /** The mode of the service at that time. */
  readonly mode: EnforcementMode;
  /** Microseconds that the verification took, including the wait for a key. */
  readonly durationUs: number;
  /** Only if the option `audit.include` names it. */
  readonly userId?: string;
  /** Only if the option `audit.include` names it. */
  readonly tenantId?: string;
}

/**
 * Where validation records go: an audit store of the team's own, never the request log. Provide one class that extends
 * this one in any module; there is none by default.
 *
 * It is called afterwards, outside any request, so it delays nothing. Its failures are logged and do not fail requests.
 */
export abstract class ValidationSink {
  abstract validated(record: ValidationRecord): void | Promise<void>;
}
