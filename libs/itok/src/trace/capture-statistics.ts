import type { Analysis } from './analyse.js';
import { compare } from './assemble.js';
import { DurationSketch } from './duration-sketch.js';
import type { CaptureReport, DurationHistogram, EdgeStats, OperationStats, ReportedKind } from './report.js';
import { answerOf, callsOut, isFailed, type Span } from './span.js';

/** Operations beyond these are counted together. There are few: an operation is a route pattern. */
const MAX_NAMES = 2_000;
const OTHERS = '(others)';

interface Operation {
  readonly service: string;
  readonly op: string;
  readonly kind: ReportedKind;
  readonly database: boolean;
  count: number;
  errors: number;
  critical: number;
  readonly total: DurationSketch;
  readonly self: DurationSketch;
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly database: boolean;
  count: number;
  errors: number;
  readonly total: DurationSketch;
}

/** Totals over the analysed requests. */
export class CaptureStatistics {
  readonly #operations = new Map<string, Operation>();
  readonly #edges = new Map<string, Edge>();
  readonly #whole = new Map<string, { service: string; op: string; sketch: DurationSketch }>();
  #requests = 0;
  #failed = 0;
  #kept = 0;
  #time = 0;
  #from = Infinity;
  #to = -Infinity;

  add({ zero, root, spans }: Analysis): void {
    this.#requests++;
    if (isFailed(root)) this.#failed++;
    if (spans.some(({ line }) => line.kept !== undefined)) this.#kept++;
    this.#time += root.end - root.start;
    const { service, op = '' } = root.line;
    const { sketch } = named(this.#whole, `${service}\0${op}`, () => ({ service, op, sketch: new DurationSketch() }));
    sketch.add(root.end - root.start);
    // A caller that is named but left no lines is unknown.
    this.#addEdge(root.line.parentSpanId === undefined ? 'client' : 'unknown', service, root);
    for (const span of spans) {
      this.#from = Math.min(this.#from, zero + span.start);
      this.#to = Math.max(this.#to, zero + span.end);
      this.#addOperation(span);
      this.#addEdgeOf(span);
    }
  }

  report(): Omit<CaptureReport, 'late'> {
    const seconds = (this.#to - this.#from) / 1000;
    return {
      requests: this.#requests,
      failed: this.#failed,
      kept: this.#kept,
      from: this.#requests === 0 ? 0 : this.#from,
      to: this.#requests === 0 ? 0 : this.#to,
      operations: [...this.#operations.values()]
        .map((each) => describeOperation(each, this.#time))
        .sort((a, b) => b.criticalShare - a.criticalShare || b.count - a.count || compare(keyOf(a), keyOf(b))),
      edges: [...this.#edges.values()]
        .map((edge) => describeEdge(edge, seconds))
        .sort((a, b) => b.count - a.count || compare(`${a.from}\0${a.to}`, `${b.from}\0${b.to}`)),
      histograms: [...this.#whole.values()]
        .map(({ service, op, sketch }): DurationHistogram => ({ service, op, bars: sketch.bars() }))
        .sort((a, b) => compare(keyOf(a), keyOf(b))),
    };
  }

  #addOperation(span: Span): void {
    const { service, op = '', kind = 'internal', db } = span.line;
    const operation = named(this.#operations, `${service}\0${op}\0${kind}`, (whose) => ({
      service: whose ?? service,
      op: whose ?? op,
      kind,
      database: db !== undefined,
      count: 0,
      errors: 0,
      critical: 0,
      total: new DurationSketch(),
      self: new DurationSketch(),
    }));
    operation.critical += span.critical;
    // Its duration is unknown.
    if (span.open) return;
    operation.count++;
    if (isFailed(span)) operation.errors++;
    operation.total.add(span.end - span.start);
    operation.self.add(span.self);
  }

  /** Each call counts as one edge, whether made in process or over the network with a span on each side. */
  #addEdgeOf(span: Span): void {
    const { service, peer, db, kind } = span.line;
    if (db !== undefined) {
      if (db !== 'transaction') this.#addEdge(service, peer ?? 'database', span, true);
      return;
    }
    const answer = answerOf(span);
    if (kind === 'client') return this.#addEdge(service, answer?.line.service ?? peer ?? 'unknown', span);
    if (callsOut(span) && answer === undefined) this.#addEdge(service, peer ?? 'unknown', span);
    const caller = span.parent;
    // The client span already counted this edge; a stand-in for a caller without lines made no call.
    if (caller === undefined || caller.line.kind === 'client' || caller.id !== span.line.parentSpanId) return;
    if (caller.line.service === service) return;
    this.#addEdge(caller.line.service, service, span);
  }

  #addEdge(from: string, to: string, span: Span, database = false): void {
    const edge = named(this.#edges, `${from}\0${to}\0${database}`, (others) => ({
      from: others ?? from,
      to: others ?? to,
      database,
      count: 0,
      errors: 0,
      total: new DurationSketch(),
    }));
    edge.count++;
    // A span without an end in a request that has ended counts as failed.
    if (isFailed(span) || span.open) edge.errors++;
    if (!span.open) edge.total.add(span.end - span.start);
  }
}

function named<T>(map: Map<string, T>, key: string, make: (others?: string) => T): T {
  const full = map.size >= MAX_NAMES && !map.has(key);
  const where = full ? OTHERS : key;
  const known = map.get(where);
  if (known !== undefined) return known;
  const made = make(full ? OTHERS : undefined);
  map.set(where, made);
  return made;
}

function describeOperation(operation: Operation, time: number): OperationStats {
  const { service, op, kind, database, count, errors, critical, total, self } = operation;
  const criticalShare = time === 0 ? 0 : critical / time;
  return {
    service,
    op,
    kind,
    ...(database && { database }),
    count,
    errors,
    ...total.latencies(),
    selfP99: self.at(0.99),
    criticalShare,
  };
}

function describeEdge({ from, to, database, count, errors, total }: Edge, seconds: number): EdgeStats {
  // A rate needs at least a second.
  const rate = seconds >= 1 ? count / seconds : 0;
  return { from, to, ...(database && { database }), count, errors, ...total.latencies(), rate };
}

function keyOf({ service, op, kind = '' }: { service: string; op: string; kind?: string }): string {
  return `${service}\0${op}\0${kind}`;
}
