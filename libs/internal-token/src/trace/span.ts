import type { Line } from './line.js';

/** The status of a request whose client left before any answer was sent. */
export const CLIENT_CLOSED_REQUEST = 499;

/** The one 5xx that is the client's doing. */
const VERSION_NOT_SUPPORTED = 505;

/** Clocks and rounding: what ends so little after another has begun came before it, in milliseconds. */
export const TOLERANCE_MS = 0.1;

/** A span in the making: what its lines say, its place in the tree, and what the analysis finds. */
export interface Span {
  readonly id: string;
  readonly line: Line;
  /** No end line: its end is its caller's, or the last that is known of it. */
  readonly open: boolean;
  /** Milliseconds since the assembly's zero, by the root's clock once skew is taken out. */
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

/** It had another process do something that leaves lines of its own there; a database leaves none. */
export function callsOut({ line }: Span): boolean {
  return line.db === undefined && (line.kind === 'client' || (line.kind === 'server' && line.peer !== undefined));
}

/** A call of which the other side ought to have left lines, for the token went along, and has not. */
export function lacksAnswer(span: Span): boolean {
  return span.line.propagated === true && callsOut(span) && answerOf(span) === undefined;
}

/** The other process' side of a call, if it has left lines. */
export function answerOf(span: Span): Span | undefined {
  return callsOut(span) ? span.children.find((child) => isAnswer(child, span)) : undefined;
}

function isAnswer({ line }: Span, call: Span): boolean {
  return (line.kind === 'server' || line.kind === 'consumer') && line.parentSpanId === call.id;
}

/**
 * Its parent waited for it, if only until the parent's own end. Whoever outlives a parent that came to its end by itself
 * was not waited for; an answer was, whatever its process still had to do when the caller had it, or had given up.
 */
export function isAwaited(child: Span, parent: Span): boolean {
  if (child.end <= parent.end + TOLERANCE_MS || parent.open || isFailed(parent) || hasLeft(parent)) return true;
  return callsOut(parent) && isAnswer(child, parent);
}

/** A failure of this side, as the line's level tells in every topology; a refusal is none. */
export function isFailed({ line }: Pick<Span, 'line'>): boolean {
  if (line.level === 'error' || line.level === 'fatal') return true;
  return typeof line.status === 'number' && line.status >= 500 && line.status !== VERSION_NOT_SUPPORTED;
}

/** Whoever wanted the answer was gone before all of it was sent: nobody failed, and nobody was refused anything. */
export function hasLeft(span: Span): boolean {
  const { status, err } = span.line;
  return !isFailed(span) && (status === CLIENT_CLOSED_REQUEST || err?.status === CLIENT_CLOSED_REQUEST);
}

/** It failed, refused or broke off. */
export function isUnhappy(span: Span): boolean {
  const { status, err } = span.line;
  return isFailed(span) || err !== undefined || status === 'error' || (typeof status === 'number' && status >= 400);
}

/** Depth first, children by start; without recursion, for a hostile log may be deep. */
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
