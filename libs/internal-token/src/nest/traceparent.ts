// Version 00 ends after the flags; later versions may go on after another dash (W3C Trace Context, section 3.2.2).
const TRACEPARENT =
  /^(?!ff)(?:00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}|[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?)$/;
const ZERO_SPAN = '0000000000000000';

/** The caller's span id, if the field is valid and belongs to this trace. */
export function matchingParent(traceparent: string | string[] | undefined, traceId: string): string | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const match = TRACEPARENT.exec(traceparent);
  if (match === null) return undefined;
  const parent = match[2] ?? match[4];
  return (match[1] ?? match[3]) === traceId && parent !== ZERO_SPAN ? parent : undefined;
}
