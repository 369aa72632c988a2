import type { InternalTokenErrorCode } from '../../core/index.js';
import type { EnforcementMode } from '../policy/enforcement-mode.js';

/** One attempt to verify an internal token: what happened, never what it says. */
export interface ValidationRecord {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Who verified. */
  readonly service: string;
  /** `refused` says that there are no claims; in a mode other than `strict` the request may have gone on without. */
  readonly result: 'accepted' | 'refused';
  /** Why it was refused. Stable: see the table of errors. */
  readonly code?: InternalTokenErrorCode;
  /** The id of the request's log lines: the token's own where it verified, else one made here. */
  readonly txn: string;
  /** The key that verified it; absent for a refusal, whose header is somebody's word. */
  readonly kid?: string;
  /** base64url(SHA-256(token)), as in the issuance record; absent where there was not exactly one token. */
  readonly tokenHash?: string;
  /** The mode of the service at that moment. */
  readonly mode: EnforcementMode;
  /** Microseconds that the verification took, waiting for a key included. */
  readonly durationUs: number;
  /** Only where the option `audit.include` names it. */
  readonly userId?: string;
  /** Only where the option `audit.include` names it. */
  readonly tenantId?: string;
}

/**
 * Where validation records go: an audit store of the team's own, never the request log. Provide one class that extends
 * it in any module; there is none by default.
 *
 * It is called after the fact, outside of any request: it delays nothing, and its failures are logged and fail nothing.
 */
export abstract class ValidationSink {
  abstract validated(record: ValidationRecord): void | Promise<void>;
}
