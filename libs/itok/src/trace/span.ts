import type { Line } from './line.js';

/** The status of a request whose client left before any answer was sent. */
export const CLIENT_CLOSED_REQUEST = 499;

/** The one 5xx status caused by the client. */
const VERSION_NOT_SUPPORTED = 505;

/**
 * Tolerance for clocks and rounding, in milliseconds: a span that ends this little after another began came before it.
 */
export const TOLERANCE_MS = 0.1;

/** A span under construction: its lines, its place in the tree, and the results of the analysis. */
export interface Span {
  readonly id: string;
  readonly line: Line;
  /** No end line: it ends with its caller or at its last known time. */
  readonly open: boolean;
  /** Milliseconds since the assembly's zero, on the root's clock once skew is corrected. */
  start: number;
  end: number;
  parent: Span | undefined;
  /** By start. */
  children: Span[];
  notes: Line[];
  /** Milliseconds that no awaited child covers. */
  self: number;
  /** Milliseconds of its own on the critical path. */
  critical: number;
}

/** Calls another process that leaves its own lines; a database does not. */
export function callsOut({ line }: Span): boolean {
  return line.db === undefined && (line.kind === 'client' || (line.kind === 'server' && line.peer !== undefined));
}

/** A call whose callee should have left lines, because the token was sent along, and has not. */
export function lacksAnswer(span: Span): boolean {
  return span.line.propagated === true && callsOut(span) && answerOf(span) === undefined;
}

/** The callee's span of a call, if it left lines. */
export function answerOf(span: Span): Span | undefined {
  return callsOut(span) ? span.children.find((child) => isAnswer(child, span)) : undefined;
}

function isAnswer({ line }: Span, call: Span): boolean {
  return (line.kind === 'server' || line.kind === 'consumer') && line.parentSpanId === call.id;
}

/**
 * Whether its parent waited for it, at least until the parent's own end. A span that outlives a parent which ended by
 * itself was not awaited; an answer was, whatever its process still did after the caller had received it or given up.
 */
export function isAwaited(child: Span, parent: Span): boolean {
  if (child.end <= parent.end + TOLERANCE_MS || parent.open || isFailed(parent) || hasLeft(parent)) return true;
  return callsOut(parent) && isAnswer(child, parent);
}

/** A failure on this side, which the line's level shows in every topology; a refusal is not one. */
export function isFailed({ line }: Pick<Span, 'line'>): boolean {
  if (line.level === 'error' || line.level === 'fatal') return true;
  return typeof line.status === 'number' && line.status >= 500 && line.status !== VERSION_NOT_SUPPORTED;
}

/** The client left before it had received the whole answer: neither a failure nor a refusal. */
export function hasLeft(span: Span): boolean {
  const { status, err } = span.line;
  return !isFailed(span) && (status === CLIENT_CLOSED_REQUEST || err?.status === CLIENT_CLOSED_REQUEST);
}

/** It failed, was refused or broke off. */
export function isUnhappy(span: Span): boolean {
  const { status, err } = span.line;
  return isFailed(span) || err !== undefined || status === 'error' || (typeof status === 'number' && status >= 400);
}

/** Depth first, children by start; iterative, because a hostile log may be deep. */
export function* walk(roots: readonly Span[]): Generator<{ span: Span; depth: number }> {
  const stack = roots.toReversed().map((span) => ({ span, depth: 0 }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next;
    const { children } = next.span;
    for (let index = children.length - 1; index >= 0; index--) {
      stack.push({ span: children[index] as Span, depth: next.depth + 1 });
    }
  }
}
