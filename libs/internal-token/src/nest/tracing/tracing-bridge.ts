/** What this library needs from another tracing system in the process, which has its own span ids. */
export interface TracingBridge {
  /** The `tracestate` for a call of this trace, naming that system's span. Undefined if there is none. */
  stateOf(traceId: string): string | undefined;
  /** Captures that system's active span, for a call of this trace that is made outside the request's context. */
  hold(traceId: string): <T>(fn: () => T) => T;
}

let joined: TracingBridge | undefined;

/** From now on, calls to internal origins name the spans of that system too. Only one system at a time. */
export function joinTracingBridge(tracing: TracingBridge): void {
  joined = tracing;
}

/** Undefined in processes without another tracing system. */
export function tracingBridge(): TracingBridge | undefined {
  return joined;
}
