import { newSpanId, newTransactionId } from '../core/index.js';
import { currentStore } from '../nest/index.js';
import { heldTrace } from './running-span.js';

let inUse = false;

/** True as soon as this process has an {@link InternalTokenIdGenerator}. */
export function rootsHaveOurIds(): boolean {
  return inUse;
}

/**
 * Gives the first span of a request the request's id as trace id, for the option `idGenerator` of OpenTelemetry's
 * tracer provider. Outside of any request a trace has an id of its own.
 */
export class InternalTokenIdGenerator {
  constructor() {
    inUse = true;
  }

  /** 32 hex digits: the running request's `txn`, else a fresh one. */
  generateTraceId(): string {
    return currentStore()?.txn ?? heldTrace() ?? newTransactionId();
  }

  /** 16 hex digits. */
  generateSpanId(): string {
    return newSpanId();
  }
}
