import { newSpanId, newTransactionId } from '../core/index.js';
import { currentStore } from '../nest/index.js';
import { heldTrace } from './running-span.js';

let inUse = false;

/** True once this process has an {@link InternalTokenIdGenerator}. */
export function rootsHaveOurIds(): boolean {
  return inUse;
}

/**
 * Makes the id of a request the trace id of its first span. Pass it as the option `idGenerator` of OpenTelemetry's
 * tracer provider. Outside any request a trace gets a fresh id.
 */
export class InternalTokenIdGenerator {
  constructor() {
    inUse = true;
  }

  /** 32 hex digits: the `txn` of the current request, or else a fresh id. */
  generateTraceId(): string {
    return currentStore()?.txn ?? heldTrace() ?? newTransactionId();
  }

  /** 16 hex digits. */
  generateSpanId(): string {
    return newSpanId();
  }
}
