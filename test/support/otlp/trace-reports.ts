import fc from 'fast-check';
import type { ReportedError, ReportedNote, ReportedSpan, TraceReport } from '../../../libs/itok/src/trace/report.js';

/** The parts of a request that exporters read; the rest is as an analysis of nothing would have it. */
export function traceReport(given: Partial<TraceReport> & Pick<TraceReport, 'spans'>): TraceReport {
  return {
    txn: '01a206fc9f45710a810387d208ad3a89',
    startedAt: 1_795_413_548_874.613,
    duration: Math.max(0, ...given.spans.map(({ offset, duration }) => offset + duration)),
    op: given.spans[0]?.op ?? '',
    service: given.spans[0]?.service ?? '',
    failed: false,
    unfinished: false,
    verdict: '',
    criticalPath: [],
    errorChain: [],
    skews: [],
    gaps: [],
    strayNotes: [],
    services: [],
    ...given,
  };
}

export function reportedSpan(given: Partial<ReportedSpan> = {}): ReportedSpan {
  return {
    id: 'e6753330555c2e38',
    depth: 0,
    service: 'orders',
    instance: 'host-4711',
    kind: 'server',
    op: 'POST /orders',
    offset: 0,
    duration: 12.346,
    self: 0,
    critical: 0,
    failed: false,
    notes: [],
    ...given,
  };
}

/** Any text: other scripts, control characters, lone surrogates. */
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', 'a\u0000b', '\u202eevil'));

const hex = (length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.nat({ max: 15 }), { minLength: length, maxLength: length })
    .map((digits) => digits.map((digit) => digit.toString(16)).join(''))
    .filter((id) => !/^0+$/.test(id));

/** Milliseconds with microseconds as decimals. */
const span = (limit: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: limit * 1000 }).map((us) => us / 1000);

/** Omits undefined members. */
const optional = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> =>
  fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;

const error: fc.Arbitrary<ReportedError> = fc
  .tuple(fc.record({ type: text, message: text }), optional({ stack: text, code: fc.oneof(text, fc.integer()) }))
  .map(([required, rest]) => ({ ...required, ...rest }));

const note: fc.Arbitrary<ReportedNote> = fc
  .tuple(
    fc.record({
      offset: span(60_000),
      level: fc.constantFrom('trace', 'debug', 'info', 'warn', 'error', 'fatal'),
      msg: text,
      service: text,
    }),
    optional({ context: text, err: error }),
  )
  .map(([required, rest]) => ({ ...required, ...rest }));

const anySpan = fc
  .tuple(
    fc.record({
      service: text,
      instance: text,
      kind: fc.constantFrom<ReportedSpan['kind']>('server', 'client', 'internal', 'producer', 'consumer'),
      op: text,
      offset: span(60_000),
      duration: span(60_000),
      failed: fc.boolean(),
      notes: fc.array(note, { maxLength: 3 }),
    }),
    optional({
      open: fc.constant(true as const),
      status: fc.oneof(fc.integer({ min: 100, max: 599 }), fc.constantFrom('ok' as const, 'error' as const)),
      err: error,
      peer: text,
      route: text,
      db: text,
      caller: text,
      missingParent: hex(16),
      token: fc.record({
        age: fc.double(),
        left: fc.integer(),
        kid: text,
        verifyMicroseconds: fc.nat(),
      }),
    }),
  )
  .map(([required, rest]) => reportedSpan({ ...required, ...rest }));

/** Requests of up to about twenty spans; each but the first is under an earlier one, or under one without lines. */
export const traceReports: fc.Arbitrary<TraceReport[]> = fc.array(
  fc
    .record({
      txn: hex(32),
      startedAt: fc.integer({ min: 1.6e15, max: 2.2e15 }).map((us) => us / 1000),
      ids: fc.uniqueArray(hex(16), { minLength: 1, maxLength: 20 }),
      spans: fc.array(anySpan, { minLength: 20, maxLength: 20 }),
      parents: fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
    })
    .map(({ txn, startedAt, ids, spans, parents }) =>
      traceReport({
        txn,
        startedAt,
        spans: ids.map((id, index) => {
          const parent = index === 0 ? undefined : ids[(parents[index] ?? 0) % index];
          return { ...(spans[index] ?? reportedSpan()), id, ...(parent !== undefined && { parent }) };
        }),
      }),
    ),
  { maxLength: 3 },
);
