/** What this library must know of another tracing system in the process, which has span ids of its own. */
export interface TracingBridge {
  /** `tracestate` for a call of this trace: the span over there that makes it. Undefined if there is none. */
  stateOf(traceId: string): string | undefined;
  /** Takes hold of what runs there now, for a call of this trace that is made outside of the request's context. */
  hold(traceId: string): <T>(fn: () => T) => T;
}

let joined: TracingBridge | undefined;

/** From now on the calls of this process name that system's spans too, to internal origins. One at a time. */
export function joinTracingBridge(tracing: TracingBridge): void {
  joined = tracing;
}

/** Undefined in most processes: nothing is asked there and nothing sent. */
export function tracingBridge(): TracingBridge | undefined {
  return joined;
}
