const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const ZERO_SPAN = '0000000000000000';

/** The caller's span id, if the field is valid (W3C Trace Context, section 3.2) and belongs to this trace. */
export function parentOfTrace(traceparent: string | string[] | undefined, traceId: string): string | undefined {
  const match = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : null;
  if (match === null) return undefined;
  const [, version, trace, parent, more] = match;
  // Only later versions may have data after the flags; ff is not a version.
  const known = version === '00' ? more === undefined : version !== 'ff';
  return known && trace === traceId && parent !== ZERO_SPAN ? parent : undefined;
}
