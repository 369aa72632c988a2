import { milliseconds, percent, plural } from './format.js';
import type { Gap } from './report.js';
import { answerOf, callsOut, CLIENT_CLOSED_REQUEST, hasLeft, isFailed, isUnhappy, type Span } from './span.js';

/** Below this share of the total, the slowest hop is not worth naming alone. */
const STANDS_OUT = 0.25;

/** One sentence: how long the request took, where the time went, how it ended and why. */
export function verdict(root: Span, spans: readonly Span[], chain: readonly Span[], gaps: readonly Gap[]): string {
  const total = root.end - root.start;
  const took = `${root.line.op ?? 'The request'} ${root.open ? 'has not ended after' : 'took'} ${milliseconds(total)}`;
  const parts = [`${took}${whereTo(root, spans, total)}`];
  const ending = howItEnded(root, chain);
  if (ending !== undefined) parts.push(ending);
  const open = spans.filter((span) => span.open && span !== root).length;
  if (open > 0) parts.push(`${plural(open, 'span has', 'spans have')} no end`);
  const silent = gaps.filter(({ kind }) => kind !== 'claimed-twice').map(({ service }) => service ?? 'a caller');
  if (silent.length > 0) parts.push(`no lines from ${[...new Set(silent)].join(', ')}`);
  return `${parts.join('; ')}.`;
}

function whereTo(root: Span, spans: readonly Span[], total: number): string {
  if (total <= 0 || spans.length === 1) return '';
  const [slowest] = kindsOfWork(root, spans).sort((a, b) => b.critical - a.critical);
  if (slowest === undefined) return '';
  const share = slowest.critical / total;
  const part = `${milliseconds(slowest.critical)} (${percent(share)})`;
  const what = slowest.count > 1 ? `${slowest.count} × ${slowest.what}` : slowest.what;
  if (share >= STANDS_OUT) return `, of which ${part} went to ${what}`;
  return `, spread over ${plural(spans.length, 'span')}: the largest part, ${part}, went to ${what}`;
}

interface KindOfWork {
  readonly what: string;
  critical: number;
  count: number;
}

/** A thousand quick statements count as one slow operation. */
function kindsOfWork(root: Span, spans: readonly Span[]): KindOfWork[] {
  const kinds = new Map<string, KindOfWork>();
  for (const span of spans) {
    if (span.critical === 0) continue;
    const what = describe(span, root);
    const kind = kinds.get(what) ?? { what, critical: 0, count: 0 };
    kind.critical += span.critical;
    kind.count++;
    kinds.set(what, kind);
  }
  return [...kinds.values()];
}

function describe(span: Span, root: Span): string {
  const { op = 'a span', service, db, peer } = span.line;
  if (db === 'transaction') return `${op}: waiting for a connection, begin and commit`;
  if (db !== undefined) return `${op} in the database of ${service}`;
  const answer = answerOf(span);
  if (answer !== undefined) {
    const way = `the way from ${service} to ${answer.line.service} and back`;
    return span.line.kind === 'client' ? way : `own work of ${service} and ${way}`;
  }
  if (span.line.kind === 'client') return `${op}, called by ${service}${peer === undefined ? '' : ` at ${peer}`}`;
  // The call is part of the span's own time, because no other span covers it.
  if (callsOut(span)) return `own work of ${service} and its call${peer === undefined ? '' : ` to ${peer}`}`;
  if (span === root) return `own work of ${service}`;
  return `${op} in ${service}${span.open ? ', whose end was not logged' : ''}`;
}

function howItEnded(root: Span, chain: readonly Span[]): string | undefined {
  const first = chain.at(-1);
  if (first === undefined) return undefined;
  const { op = 'a span', service, err, status } = first.line;
  // The status of the request itself is reported anyway.
  const outcomeOnly = status === undefined || first === root ? '' : `: ${status}`;
  const why = err === undefined ? outcomeOnly : `: ${err.code ?? err.type}`;
  const cause = `${op} in ${service}${why}`;
  if (hasLeft(root)) {
    const nothing = root.line.status === CLIENT_CLOSED_REQUEST;
    return `the client left before it ${nothing ? 'was answered' : 'had received all of the answer'}`;
  }
  if (!isUnhappy(root)) return `${cause} ${isFailed(first) ? 'failed' : 'refused'} on the way, but that was handled`;
  const verb = isFailed(root) ? 'failed' : 'was refused';
  const outcome = typeof root.line.status === 'number' ? ` with ${root.line.status}` : '';
  return first === root ? `it ${verb}${outcome}${why}` : `it ${verb}${outcome}, which began with ${cause}`;
}
