import { defaultTextMapGetter, ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { enterStore, type InternalTokenStore } from '../nest/context/internal-token-store.js';
import { InternalTokenIdGenerator } from './internal-token-id-generator.js';
import { InternalTokenPropagator } from './internal-token-propagator.js';

const claims = new TestTokenIssuer().claims({ userId: 'ada' });
const TXN = claims.tokenId;
const OTHER = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const STATE = `itok=${SPAN}-01`;

const propagator = new InternalTokenPropagator();
const ids = new InternalTokenIdGenerator();

const extract = (carrier: object, store?: InternalTokenStore): SpanContext | undefined => {
  const read = () => trace.getSpanContext(propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter));
  return store === undefined ? read() : enterStore(store, read);
};

describe('InternalTokenPropagator', () => {
  it('R123: accepts a parent from a caller with a verified token, within the trace of that token', () => {
    const carrier = { traceparent: `00-${TXN}-00f067aa0ba902b7-03`, tracestate: STATE };
    expect(extract(carrier, { txn: TXN, claims })).toEqual({
      traceId: TXN,
      spanId: SPAN,
      traceFlags: 1,
      isRemote: true,
    });
  });

  it.each([
    ['another trace', { traceparent: `00-${OTHER}-00f067aa0ba902b7-01`, tracestate: STATE }],
    ['no traceparent', { tracestate: STATE }],
    ['two of them', { traceparent: [`00-${TXN}-00f067aa0ba902b7-03`, 'x'], tracestate: STATE }],
    ['no parent of ours', { traceparent: `00-${TXN}-00f067aa0ba902b7-03`, tracestate: 'vendor=1' }],
  ])('R122, R123: ignores a parent with %s', (_case, carrier) => {
    expect(extract(carrier, { txn: TXN, claims })).toBeUndefined();
  });

  it('R123: ignores a parent without a verified token', () => {
    const carrier = { traceparent: `00-${TXN}-00f067aa0ba902b7-03`, tracestate: STATE };
    expect(extract(carrier, { txn: TXN })).toBeUndefined();
    expect(extract(carrier, { txn: TXN, claims: { ...claims } as typeof claims })).toBeUndefined();
  });

  it('R123: ignores a parent outside any request', () => {
    expect(extract({ traceparent: `00-${OTHER}-${SPAN}-01`, tracestate: STATE })).toBeUndefined();
  });

  it('R125: injects nothing', () => {
    const span = trace.setSpanContext(ROOT_CONTEXT, { traceId: TXN, spanId: SPAN, traceFlags: 1 });
    enterStore({ txn: TXN, claims }, () => propagator.inject(span));
    expect(propagator.fields()).toEqual([]);
  });
});

describe('InternalTokenIdGenerator', () => {
  it('R123: the trace of a request has the id of the request', () => {
    expect(enterStore({ txn: TXN }, () => ids.generateTraceId())).toBe(TXN);
  });

  it('a trace outside any request has a fresh id', () => {
    expect(ids.generateTraceId()).toMatch(/^[0-9a-f]{32}$/);
    expect(ids.generateTraceId()).not.toBe(ids.generateTraceId());
    expect(ids.generateSpanId()).toMatch(/^[0-9a-f]{16}$/);
  });
});
