import fc from 'fast-check';
import { idOf, linesFrom, type Step } from '../../test/support/planted.js';
import { Capture, type Line, reportTrace, type TraceReport } from './index.js';

const SERVICES = ['gateway', 'orders', 'inventory', 'catalog'];
const ROUNDING_MS = 0.01;
/** How late the end of an answer may be logged after its caller received it. */
const LATE_END_MS = 5;

interface Shape {
  readonly service: number;
  readonly remote: boolean;
  /** Position within the parent: where it starts, and its share of the remaining time. */
  readonly from: number;
  readonly share: number;
  readonly failed: boolean;
  /** Duration relative to the time its caller allows: 1 ends in time. */
  readonly overrun: number;
  readonly ev: string;
  readonly calls: readonly Shape[];
}

const mostly = <T>(usual: T, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: rare });

const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.record({
    service: fc.nat(3),
    remote: fc.boolean(),
    from: fc.double({ min: 0, max: 0.9, noNaN: true }),
    share: fc.double({ min: 0.05, max: 1, noNaN: true }),
    failed: fc.boolean(),
    overrun: mostly(1, fc.double({ min: 1, max: 3, noNaN: true })),
    ev: mostly('end', fc.constantFrom('inflight', 'start')),
    calls: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'calls' },
      fc.constant<Shape[]>([]),
      fc.array(tie('shape'), { maxLength: 4, depthIdentifier: 'calls' }),
    ),
  }),
}));

/** Every call lies within its caller and ends. */
const tame = (shape: Shape): Shape => ({ ...shape, overrun: 1, ev: 'end', calls: shape.calls.map(tame) });

/** A request whose calls may run in parallel. */
function stepOf(shape: Shape, at: number, time: number, caller?: string): Step {
  const dur = time * shape.overrun;
  const { ev } = shape;
  const service = SERVICES[shape.service] ?? 'gateway';
  const inner = (from: number, length: number): Step[] =>
    shape.calls.map((call) => stepOf(call, from + call.from * length, (1 - call.from) * call.share * length, service));
  const status = shape.failed ? 'error' : 'ok';
  if (caller === undefined || !shape.remote) {
    return {
      service,
      op: `${service}.work`,
      kind: caller === undefined ? 'server' : 'internal',
      at,
      dur,
      status,
      ev,
      calls: inner(at, dur),
    };
  }
  // A caller continues without waiting for a call it does not know of.
  const way = time * 0.05;
  const answer = { service, op: `${service}.work`, kind: 'server', at: at + way, dur: dur - 2 * way, status, ev };
  const call = { service: caller, op: `${service}.work`, kind: 'client', peer: service, at, dur: time, status };
  return { ...call, calls: [{ ...answer, calls: inner(at + way, dur - 2 * way) }] };
}

const request = shape.map((root) => stepOf({ ...tame(root), service: 0 }, 0, 1000));
/** Spans may outlive their callers or never end. */
const wildRequest = shape.map((root) => stepOf({ ...root, service: 0 }, 0, 1000));
const clocks = fc.record(
  Object.fromEntries(SERVICES.slice(1).map((name) => [name, fc.integer({ min: -60_000, max: 60_000 })])),
);

const report = (lines: readonly Line[], raw = false): TraceReport => {
  const found = reportTrace(idOf(1), lines, { raw });
  if (found === undefined) throw new Error('no spans');
  return found;
};

const countOf = (step: Step): number => 1 + (step.calls ?? []).reduce((sum, call) => sum + countOf(call), 0);

describe('every request', () => {
  it('has a critical path of consecutive pieces that add up to the duration of the root', () => {
    fc.assert(
      fc.property(wildRequest, clocks, (step, wrong) => {
        const { criticalPath, duration, spans } = report(linesFrom(step, { clocks: wrong as Record<string, number> }));
        let at = 0;
        for (const { from, to } of criticalPath) {
          expect(from).toBeCloseTo(at, 6);
          at = to;
        }
        expect(at).toBeCloseTo(duration, 6);
        const critical = spans.reduce((sum, span) => sum + span.critical, 0);
        expect(critical).toBeCloseTo(duration, 6);
      }),
    );
  });

  it('counts only own time of a span on the critical path', () => {
    fc.assert(
      fc.property(wildRequest, clocks, (step, wrong) => {
        const { spans, criticalPath } = report(linesFrom(step, { clocks: wrong as Record<string, number> }));
        for (const span of spans) {
          expect(span.critical).toBeLessThanOrEqual(span.self + ROUNDING_MS);
          const children = spans.filter(({ parent, detached }) => parent === span.id && !detached);
          const pieces = criticalPath.filter((piece) => piece.span === span.id);
          for (const { from, to } of pieces) {
            expect(union(children, { offset: from, duration: to - from })).toBeLessThanOrEqual(ROUNDING_MS);
          }
        }
      }),
    );
  });

  it('splits each span into own time and time covered by awaited calls', () => {
    fc.assert(
      fc.property(wildRequest, (step) => {
        const { spans } = report(linesFrom(step));
        for (const span of spans) {
          const children = spans.filter(({ parent, detached }) => parent === span.id && !detached);
          expect(span.self).toBeGreaterThanOrEqual(0);
          expect(span.self + union(children, span)).toBeCloseTo(span.duration, 6);
        }
      }),
    );
  });

  it('contains every span exactly once', () => {
    fc.assert(
      fc.property(wildRequest, clocks, (step, wrong) => {
        const { spans } = report(linesFrom(step, { clocks: wrong as Record<string, number> }));
        expect(spans).toHaveLength(countOf(step));
        expect(new Set(spans.map(({ id }) => id)).size).toBe(spans.length);
      }),
    );
  });

  it('keeps every span when lines are missing', () => {
    fc.assert(
      fc.property(wildRequest, fc.infiniteStream(fc.boolean()), (step, keep) => {
        const lines = linesFrom(step).filter(() => keep.next().value === true);
        const found = reportTrace(idOf(1), lines);
        expect(found?.spans.length ?? 0).toBe(lines.length);
      }),
    );
  });

  it('gives the same report for any order of lines', () => {
    fc.assert(
      fc.property(
        wildRequest.chain((step) => {
          const lines = linesFrom(step);
          return fc.tuple(
            fc.constant(lines),
            fc.shuffledSubarray(lines, { minLength: lines.length, maxLength: lines.length }),
          );
        }),
        ([lines, shuffled]) => {
          expect(report(shuffled)).toEqual(report(lines));
        },
      ),
    );
  });

  it('keeps each answer within its call, with its duration, however wrong the clocks are', () => {
    fc.assert(
      fc.property(request, clocks, (step, wrong) => {
        const right = new Map(report(linesFrom(step)).spans.map((span) => [span.id, span]));
        const corrected = report(linesFrom(step, { clocks: wrong as Record<string, number> })).spans;
        const found = new Map(corrected.map((span) => [span.id, span]));
        for (const span of corrected) {
          expect(span.duration).toBeCloseTo(right.get(span.id)?.duration ?? NaN, 6);
          const call = found.get(span.parent ?? '');
          if (span.kind !== 'server' || call === undefined) continue;
          expect(span.offset).toBeGreaterThanOrEqual(call.offset - ROUNDING_MS);
          const late = span.offset + span.duration - (call.offset + call.duration);
          expect(late).toBeLessThanOrEqual(LATE_END_MS + ROUNDING_MS);
        }
      }),
    );
  });

  it('gets the same duration from a capture of many requests as from its own lines', () => {
    fc.assert(
      fc.property(
        fc
          .array(request, { minLength: 1, maxLength: 5 })
          .map((steps) => steps.map((step, index) => linesFrom(step, { txn: idOf(index + 1) })))
          .chain((requests) =>
            fc.tuple(
              fc.constant(requests),
              fc.shuffledSubarray(requests.flat(), { minLength: requests.flat().length }),
            ),
          ),
        ([requests, shuffled]) => {
          const sum = (lines: readonly Line[]): ReturnType<Capture['report']> => {
            const capture = new Capture();
            for (const line of lines) capture.add(line);
            return capture.report();
          };
          const result = sum(requests.flat());
          expect(sum(shuffled)).toEqual(result);
          expect(result.requests).toBe(requests.length);
          expect(result.operations.reduce((total, { count }) => total + count, 0)).toBe(requests.flat().length);
          const shares = result.operations.reduce((total, { criticalShare }) => total + criticalShare, 0);
          expect(shares).toBeCloseTo(1, 6);
        },
      ),
    );
  });
});

function union(
  parts: readonly { offset: number; duration: number }[],
  within: { offset: number; duration: number },
): number {
  const edges = parts.flatMap(({ offset, duration }) => {
    const from = Math.max(offset, within.offset);
    const to = Math.min(offset + duration, within.offset + within.duration);
    if (to <= from) return [];
    return [
      { at: from, step: 1 },
      { at: to, step: -1 },
    ];
  });
  let open = 0;
  let since = 0;
  let sum = 0;
  for (const { at, step } of edges.toSorted((a, b) => a.at - b.at || b.step - a.step)) {
    if (open === 0) since = at;
    open += step;
    if (open === 0) sum += at - since;
  }
  return sum;
}
