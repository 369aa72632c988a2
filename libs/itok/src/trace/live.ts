import type { Outcome } from './report.js';

/*
 * Endpoints of the live page in development (`/__dev`), as plain data.
 *
 *   GET  /__dev                  the page
 *   GET  /__dev/requests         text/event-stream: `requests` with the last ones (RequestSummary[], oldest first), then
 *                                `request` (RequestSummary) as each one ends
 *   GET  /__dev/requests/<txn>   TraceReport
 *   GET  /__dev/capture          CaptureReport
 *   GET  /__dev/keys             KeyReport[]
 *   POST /__dev/inspect          { token } → TokenInspection
 */

/** A request in the list. */
export interface RequestSummary {
  readonly txn: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly duration: number;
  readonly op: string;
  readonly service: string;
  readonly status?: Outcome;
  readonly failed: boolean;
  readonly unfinished: boolean;
  readonly tenant?: string;
}

/** A signing key, without its private half. Times are epoch milliseconds. */
export interface KeyReport {
  readonly keyId: string;
  readonly algorithm: string;
  readonly state: 'published' | 'active' | 'retiring' | 'retired';
  readonly publishedAt?: number;
  readonly activateAt?: number;
  readonly retiredAt?: number;
}

/** The content of an internal token, and whether it would be accepted now. */
export interface TokenInspection {
  readonly valid: boolean;
  /** The code of the refusal, and its meaning. */
  readonly code?: string;
  readonly reason?: string;
  /** As far as they can be read, also for a refused token. */
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The state of the signing key; absent if this process does not know the key. */
  readonly keyState?: KeyReport['state'];
}
