import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { reportedSpan, traceReport, traceReports } from '../../../../../test/support/otlp/trace-reports.js';
import type { ReportedSpan, TraceReport } from '../report.js';
import { toZipkin, type ZipkinSpan } from './zipkin.js';

const endpoint = {
  type: 'object',
  additionalProperties: false,
  required: ['serviceName'],
  properties: { serviceName: { type: 'string', not: { pattern: '[A-Z]' } } },
};
const moment = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER };

/** Zipkin API 2's schema of a list of spans, without the members that are not produced here. */
const isListOfSpans = new Ajv2020().compile<ZipkinSpan[]>({
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['traceId', 'id', 'name', 'timestamp', 'duration', 'localEndpoint', 'annotations', 'tags'],
    properties: {
      traceId: { type: 'string', pattern: '^[0-9a-f]{32}$' },
      id: { type: 'string', pattern: '^[0-9a-f]{16}$' },
      parentId: { type: 'string', pattern: '^[0-9a-f]{16}$' },
      kind: { enum: ['CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'] },
      name: { type: 'string', not: { pattern: '[A-Z]' } },
      timestamp: moment,
      duration: moment,
      localEndpoint: endpoint,
      remoteEndpoint: endpoint,
      annotations: {
        type: 'array',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['timestamp', 'value'],
          properties: { timestamp: moment, value: { type: 'string' } },
        },
      },
      tags: { type: 'object', additionalProperties: { type: 'string' } },
    },
  },
});

const sent = (traces: readonly TraceReport[]): ZipkinSpan[] =>
  JSON.parse(JSON.stringify(toZipkin(traces))) as ZipkinSpan[];
const one = (given: Partial<ReportedSpan>): ZipkinSpan | undefined =>
  sent([traceReport({ spans: [reportedSpan(given)] })])[0];

describe('toZipkin', () => {
  it("matches the schema of Zipkin's API, whatever the lines contain", () => {
    fc.assert(
      fc.property(traceReports, (traces) => {
        isListOfSpans(sent(traces));
        expect(isListOfSpans.errors ?? []).toEqual([]);
      }),
    );
    expect(isListOfSpans([{ ...one({}), duration: 0 }])).toBe(false);
  });

  it('R126: keeps every span with its own ids and the parent that its line names', () => {
    fc.assert(
      fc.property(traceReports, (traces) => {
        const ids = sent(traces).map(({ traceId, id, parentId }) => [traceId, id, parentId]);
        const given = traces.flatMap(({ txn, spans }) =>
          spans.map(({ id, parent, missingParent }) => [txn, id, missingParent ?? parent]),
        );
        expect(ids).toEqual(given);
      }),
    );
  });

  it('writes times in whole microseconds, with a duration of at least one', () => {
    expect(one({ duration: 12.346 })).toMatchObject({ timestamp: 1_795_413_548_874_613, duration: 12_346 });
    expect(one({ duration: 0 })).toMatchObject({ duration: 1 });
  });

  it('writes the names of both sides of a call in lower case', () => {
    expect(one({ kind: 'client', service: 'Orders', peer: 'Inventory' })).toMatchObject({
      kind: 'CLIENT',
      localEndpoint: { serviceName: 'orders' },
      remoteEndpoint: { serviceName: 'inventory' },
    });
    const forwarding = one({ kind: 'server', peer: 'orders' });
    expect(forwarding?.remoteEndpoint).toBeUndefined();
    expect(forwarding?.tags).toMatchObject({ 'peer.service': 'orders' });
    expect(one({ kind: 'server', caller: 'spiffe://shop.example/gateway' })?.remoteEndpoint?.serviceName).toBe(
      'spiffe://shop.example/gateway',
    );
    expect(one({ kind: 'internal' })).not.toHaveProperty('kind');
  });

  it('tags failures, and nothing else, as errors', () => {
    const err = { type: 'TypeError', message: 'no stock' };
    expect(one({ failed: true, status: 500, err })?.tags).toMatchObject({
      error: 'TypeError: no stock',
      'error.type': 'TypeError',
      'exception.message': 'no stock',
      'http.response.status_code': '500',
    });
    expect(one({ status: 403, err })?.tags).not.toHaveProperty('error');
  });

  it('adds the lines of application code as annotations at their times', () => {
    const notes = [{ offset: 1.5, level: 'warn', msg: 'low stock', service: 'orders' }];
    expect(one({ notes })?.annotations).toEqual([{ timestamp: 1_795_413_548_876_113, value: 'warn: low stock' }]);
  });
});
