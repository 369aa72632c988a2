import { Logger } from '@nestjs/common';
import { ClsServiceManager } from 'nestjs-cls';
import { currentStore, enterStore } from '../context/internal-token-store.js';
import type { Span, SpanRecord } from '../context/span.js';
import { Tracer } from './tracer.js';

const internal = { op: 'stock.reserve', kind: 'internal', service: 'stock' } as const;

describe('Tracer', () => {
  let tracer: Tracer;
  let ended: SpanRecord[];
  let started: Span[];

  beforeEach(() => {
    tracer = new Tracer({ service: 'orders' });
    ended = [];
    started = [];
    tracer.onEnd((record) => ended.push(record));
    tracer.onStart((span) => started.push(span));
  });

  it('returns the result of the function, or its original promise', async () => {
    expect(tracer.run(internal, () => 7)).toBe(7);
    const promise = Promise.resolve(8);
    expect(tracer.run(internal, () => promise)).toBe(promise);
    expect(ended).toHaveLength(1);
    await promise;
    expect(ended).toHaveLength(2);
  });

  it('ends with an error if the function throws or rejects, and passes the error on', async () => {
    const fault = new Error('no stock');
    expect(() =>
      tracer.run(internal, () => {
        throw fault;
      }),
    ).toThrow(fault);
    await expect(tracer.run(internal, () => Promise.reject(fault))).rejects.toBe(fault);
    expect(ended.map(({ status, error }) => [status, error])).toEqual([
      ['error', fault],
      ['error', fault],
    ]);
  });

  it('makes a span the child of the one whose code opens it, in the same trace', async () => {
    await tracer.run(internal, async () => {
      await Promise.resolve();
      tracer.run({ op: 'db', kind: 'client' }, () => undefined);
    });
    const [child, parent] = ended;
    expect(child).toMatchObject({ parentSpanId: parent?.spanId, traceId: parent?.traceId, service: 'stock' });
    expect(parent?.parentSpanId).toBeUndefined();
  });

  it("does not make parallel spans of one request each other's parents", async () => {
    await tracer.run(internal, () =>
      Promise.all(['a', 'b'].map((op) => tracer.run({ op, kind: 'client' }, () => Promise.resolve()))),
    );
    const [a, b, parent] = ended;
    expect([a?.parentSpanId, b?.parentSpanId]).toEqual([parent?.spanId, parent?.spanId]);
  });

  it('R117: starts a new trace outside any request, whose id the code inside sees', () => {
    const seen = tracer.run({ op: 'migrate', kind: 'internal' }, () => currentStore());
    expect(seen?.txn).toBe(ended[0]?.traceId);
    expect(ended[0]?.service).toBe('orders');
    expect(currentStore()).toBeUndefined();
  });

  it('keeps what others have put into the surrounding context', () => {
    const cls = ClsServiceManager.getClsService();
    const locale = cls.runWith({ locale: 'de' } as never, () =>
      tracer.run(internal, () => cls.get('locale') as unknown),
    );
    expect(locale).toBe('de');
  });

  it('open() leaves the current span alone until the caller replaces it', () => {
    const store = { txn: 'a'.repeat(32) };
    enterStore(store, () => {
      const span = tracer.open(internal);
      expect(currentStore()?.span).toBeUndefined();
      span.describe({ op: 'POST /orders', route: '/orders', callerTraceId: 'f'.repeat(32) });
      span.end(201);
      span.end(500);
    });
    expect(ended).toEqual([
      expect.objectContaining({ op: 'POST /orders', status: 201, traceId: store.txn, callerTraceId: 'f'.repeat(32) }),
    ]);
  });

  it('measures start and duration in milliseconds with decimals', () => {
    const before = Date.now();
    tracer.run(internal, () => undefined);
    // The clock of spans may differ from the system clock by less than this.
    expect(ended[0]?.startedAt).toBeGreaterThan(before - 5000);
    expect(ended[0]?.startedAt).toBeLessThan(Date.now() + 5000);
    expect(ended[0]?.durationMs).toBeGreaterThanOrEqual(0);
  });

  it('reports every start with the same id as the end', () => {
    tracer.run(internal, () => expect(started).toHaveLength(1));
    expect(started[0]?.spanId).toBe(ended[0]?.spanId);
  });

  it('a listener that throws affects neither the work nor the other listeners', () => {
    Logger.overrideLogger(false);
    const deaf = new Tracer({ service: 'orders' });
    const heard: string[] = [];
    deaf.onEnd(() => {
      throw new Error('disk full');
    });
    deaf.onEnd(({ op }) => heard.push(op));
    expect(deaf.run(internal, () => 'done')).toBe('done');
    expect(heard).toEqual(['stock.reserve']);
  });

  it('an unsubscribed listener is not called any more', () => {
    const heard: SpanRecord[] = [];
    tracer.onEnd((record) => heard.push(record))();
    tracer.run(internal, () => undefined);
    expect(heard).toEqual([]);
  });
});
