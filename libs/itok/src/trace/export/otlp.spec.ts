import fc from 'fast-check';
import { asUnderstood, withoutEmptyLists } from '../../../../../test/support/otlp/otlp-schema.js';
import { reportedSpan, traceReport, traceReports } from '../../../../../test/support/otlp/trace-reports.js';
import type { ReportedSpan, TraceReport } from '../report.js';
import { type OtlpRequest, type OtlpSpan, toOtlp } from './otlp.js';

/** Parsed as another process would read it. */
const sent = (traces: readonly TraceReport[]): OtlpRequest => JSON.parse(JSON.stringify(toOtlp(traces))) as OtlpRequest;
const spansOf = ({ resourceSpans }: OtlpRequest): OtlpSpan[] =>
  resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
const one = (given: Partial<ReportedSpan>, trace: Partial<TraceReport> = {}): OtlpSpan => {
  const [span] = spansOf(sent([traceReport({ ...trace, spans: [reportedSpan(given)] })]));
  if (span === undefined) throw new Error('no span');
  return span;
};
const attributes = (list: OtlpSpan['attributes']): Record<string, unknown> =>
  Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));

describe('toOtlp', () => {
  it('is parsed in full by the official definitions, whatever the lines contain', () => {
    fc.assert(
      fc.property(traceReports, (traces) => {
        const request = sent(traces);
        expect(asUnderstood(request)).toEqual(withoutEmptyLists(request));
      }),
    );
  });

  it('detects an unknown member, or text in place of a number', () => {
    const request = sent([traceReport({ spans: [reportedSpan()] })]);
    const changed = (change: (span: Record<string, unknown>) => void): OtlpRequest => {
      const copy = structuredClone(request);
      change(spansOf(copy)[0] as unknown as Record<string, unknown>);
      return copy;
    };
    for (const wrong of [
      changed((span) => (span['spanName'] = 'x')),
      changed((span) => (span['kind'] = '2')),
      changed((span) => (span['startTimeUnixNano'] = 1)),
    ]) {
      expect(asUnderstood(wrong)).not.toEqual(withoutEmptyLists(wrong));
    }
    expect(() => asUnderstood(changed((span) => (span['traceId'] = 'AaIG/A==')))).toThrow('traceId');
    expect(() => asUnderstood(changed((span) => (span['kind'] = 9)))).toThrow('kind');
  });

  it('R126: keeps every span once, under the ids of its lines', () => {
    fc.assert(
      fc.property(traceReports, (traces) => {
        const ids = spansOf(sent(traces)).map(({ traceId, spanId }) => `${traceId}-${spanId}`);
        const given = traces.flatMap(({ txn, spans }) => spans.map(({ id }) => `${txn}-${id}`));
        expect(ids.toSorted()).toEqual(given.toSorted());
      }),
    );
  });

  it('uses the parent that the line names, even if it left no lines', () => {
    fc.assert(
      fc.property(traceReports, (traces) => {
        const parents = new Map(spansOf(sent(traces)).map((span) => [span.traceId + span.spanId, span.parentSpanId]));
        for (const { txn, spans } of traces) {
          for (const { id, parent, missingParent } of spans) {
            expect(parents.get(txn + id)).toBe(missingParent ?? parent);
          }
        }
      }),
    );
  });

  it('turns a cycle of spans into a tree, as the waterfall does', () => {
    const spans = [
      reportedSpan({ id: '000000000000000a', missingParent: '000000000000000b' }),
      reportedSpan({ id: '000000000000000b', parent: '000000000000000a' }),
    ];
    const parents = spansOf(sent([traceReport({ spans })])).map(({ parentSpanId }) => parentSpanId);
    expect(parents).toEqual([undefined, '000000000000000a']);
  });

  it('writes times to the microsecond, with no end before its start', () => {
    expect(one({ offset: 0, duration: 12.346 })).toMatchObject({
      startTimeUnixNano: '1795413548874613000',
      endTimeUnixNano: '1795413548886959000',
    });
    fc.assert(
      fc.property(traceReports, (traces) => {
        const given = new Map(
          traces.flatMap(({ txn, startedAt, spans }) =>
            spans.map(({ id, offset, duration }) => [
              txn + id,
              [Math.round((startedAt + offset) * 1000), Math.round((startedAt + offset + duration) * 1000)],
            ]),
          ),
        );
        for (const { traceId, spanId, startTimeUnixNano, endTimeUnixNano } of spansOf(sent(traces))) {
          expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).toBe(true);
          const [start, end] = given.get(traceId + spanId) ?? [];
          expect([startTimeUnixNano, endTimeUnixNano]).toEqual([`${start}000`, `${end}000`]);
        }
      }),
    );
  });

  it('keeps times within an unsigned 64-bit number, whatever a clock says', () => {
    for (const startedAt of [-5, 0, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
      const span = toOtlp([traceReport({ startedAt, spans: [reportedSpan()] })]).resourceSpans[0]?.scopeSpans[0]
        .spans[0];
      expect(BigInt.asUintN(63, BigInt(span?.endTimeUnixNano ?? -1))).toBe(BigInt(span?.endTimeUnixNano ?? 0));
    }
  });

  it('groups spans by service and process', () => {
    const spans = [
      reportedSpan({ id: '000000000000000a', service: 'gateway', instance: 'a' }),
      reportedSpan({ id: '000000000000000b', service: 'orders', instance: 'a' }),
      reportedSpan({ id: '000000000000000c', service: 'orders', instance: 'b' }),
      reportedSpan({ id: '000000000000000d', service: 'gateway', instance: 'a' }),
    ];
    const { resourceSpans } = sent([traceReport({ spans })]);
    expect(
      resourceSpans.map(({ resource, scopeSpans }) => [
        attributes(resource.attributes),
        scopeSpans[0].scope.name,
        scopeSpans[0].spans.length,
      ]),
    ).toEqual([
      [{ 'service.name': 'gateway', 'service.instance.id': 'a' }, 'nestjs-internal-token', 2],
      [{ 'service.name': 'orders', 'service.instance.id': 'a' }, 'nestjs-internal-token', 1],
      [{ 'service.name': 'orders', 'service.instance.id': 'b' }, 'nestjs-internal-token', 1],
    ]);
  });

  it('uses the semantic conventions', () => {
    const served = one({
      route: '/orders',
      status: 201,
      caller: 'spiffe://shop.example/gateway',
      parent: 'cdef8521cfb98ef0',
      token: { age: 4, left: 55_996, kid: 'Zm9v', verifyMicroseconds: 91 },
    });
    expect(served).toMatchObject({ name: 'POST /orders', kind: 2, flags: 0x303, status: {} });
    expect(attributes(served.attributes)).toEqual({
      'http.request.method': 'POST',
      'http.route': '/orders',
      'http.response.status_code': '201',
      'nestjs_internal_token.age_ms': '4',
      'nestjs_internal_token.left_ms': '55996',
      'nestjs_internal_token.kid': 'Zm9v',
      'nestjs_internal_token.verify_us': '91',
      'nestjs_internal_token.caller': 'spiffe://shop.example/gateway',
    });
    const query = one({ kind: 'client', op: 'orders.select', db: 'select', peer: 'postgresql', status: 'ok' });
    expect(query).toMatchObject({ name: 'orders.select', kind: 3, flags: 0x103 });
    expect(attributes(query.attributes)).toEqual({
      'db.system.name': 'postgresql',
      'db.operation.name': 'select',
      'peer.service': 'postgresql',
    });
  });

  it('reports failures with their exception, and does not report refusals as failures', () => {
    const err = { type: 'TypeError', message: 'no stock', stack: 'TypeError: no stock\n  at x', code: 'E_STOCK' };
    const failed = one({ failed: true, status: 500, err });
    expect(failed.status).toEqual({ code: 2, message: 'TypeError: no stock' });
    expect(attributes(failed.attributes)).toMatchObject({
      'error.type': 'TypeError',
      'nestjs_internal_token.error_code': 'E_STOCK',
    });
    expect(failed.events).toHaveLength(1);
    expect(failed.events[0]).toMatchObject({ name: 'exception', timeUnixNano: failed.endTimeUnixNano });
    expect(attributes(failed.events[0]?.attributes ?? [])).toEqual({
      'exception.type': 'TypeError',
      'exception.message': 'no stock',
      'exception.stacktrace': 'TypeError: no stock\n  at x',
    });
    expect(one({ failed: true, status: 503 }).status).toEqual({ code: 2, message: 'HTTP status 503' });
    expect(one({ failed: false, status: 403, err }).status).toEqual({});
  });

  it('adds the lines of application code as events at their times', () => {
    const notes = [{ offset: 1.5, level: 'warn', msg: 'low stock', service: 'orders', context: 'Orders' }];
    const [event] = one({ notes }).events;
    expect(event).toMatchObject({ name: 'low stock', timeUnixNano: '1795413548876113000' });
    expect(attributes(event?.attributes ?? [])).toEqual({ level: 'warn', context: 'Orders' });
  });

  it('marks spans without an end and spans with corrected times', () => {
    const skews = [{ service: 'orders', instance: 'host-4711', ahead: 1.25, uncertainty: 0.1 }];
    expect(attributes(one({ open: true }, { skews }).attributes)).toMatchObject({
      'nestjs_internal_token.unfinished': true,
      'nestjs_internal_token.clock_ahead_ms': 1.25,
    });
  });

  it('marks corrected times in every domain of a process', () => {
    const skews = [{ service: 'inventory', instance: 'host-4711', ahead: 1.25, uncertainty: 0.1 }];
    expect(attributes(one({ service: 'orders' }, { skews }).attributes)).toMatchObject({
      'nestjs_internal_token.clock_ahead_ms': 1.25,
    });
  });

  it('R120: does not send who asked to a backend', () => {
    const request = JSON.stringify(sent([traceReport({ user: 'ada', tenant: 'acme', spans: [reportedSpan()] })]));
    expect(request).not.toMatch(/ada"|acme/);
  });
});
