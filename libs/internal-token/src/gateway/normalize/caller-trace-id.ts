const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-[\x21-\x7e]*)?$/;

/**
 * The trace id in a caller's `traceparent` (W3C Trace Context section 3.2). It is only recorded as a link, since each
 * request starts its own trace. Undefined if the field is not valid.
 */
export function callerTraceId(traceparent: string | string[] | undefined): string | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const [, traceId, parentId] = TRACEPARENT.exec(traceparent) ?? [];
  if (traceId === undefined || /^0+$/.test(traceId) || /^0+$/.test(parentId ?? '')) return undefined;
  if (traceparent.startsWith('00') && traceparent.length !== 55) return undefined;
  return traceId;
}
