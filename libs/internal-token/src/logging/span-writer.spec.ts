import { jest } from '@jest/globals';
import { type Span, type SpanRecord, Tracer } from '../nest/index.js';
import { InternalTokenLogger } from './internal-token-logger.js';
import type { LogLine } from './log-line.js';
import { SpanWriter } from './span-writer.js';

const ids = { traceId: '0193b1e7c0de7f00a1b2c3d4e5f60718', spanId: 'aaaaaaaaaaaaaaaa' };
const facts = { ...ids, op: 'POST /orders', kind: 'server' as const, service: 'gateway', startedAt: 1_000 };
const open = facts as Span;
const ended: SpanRecord = { ...facts, durationMs: 12.3456, status: 201 };

/** The part of a tracer that the writer uses, with a clock that stands still. */
function setup(options: object = {}) {
  const started: ((span: Span) => void)[] = [];
  const over: ((record: SpanRecord) => void)[] = [];
  const lines: LogLine[] = [];
  let now = 1_000;
  const tracer = {
    onStart: (listener: (span: Span) => void) => (started.push(listener), () => void started.pop()),
    onEnd: (listener: (record: SpanRecord) => void) => (over.push(listener), () => void over.pop()),
  };
  const destination = { write: (text: string) => lines.push(JSON.parse(text) as LogLine) };
  const logger = new InternalTokenLogger({ service: 'process', instance: 'process-1', level: 'info', destination });
  const writer = new SpanWriter(tracer, logger as Required<InternalTokenLogger>, { clock: () => now, ...options });
  return {
    lines,
    logger,
    writer,
    start: (span: Span) => started.forEach((listener) => listener(span)),
    end: (record: SpanRecord) => over.forEach((listener) => listener(record)),
    at: (time: number) => (now = time),
  };
}

describe('SpanWriter', () => {
  it('writes one line with all facts for a span that ends', () => {
    const { start, end, lines, writer } = setup();
    start(open);
    end({
      ...ended,
      parentSpanId: 'bbbbbbbbbbbbbbbb',
      route: '/orders',
      callerTraceId: 'f'.repeat(32),
      token: { ageMs: 4, ttlMs: 59_000, kid: 'k1', verifyUs: 91 },
    });
    writer.close();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 'info',
      msg: 'POST /orders',
      service: 'gateway',
      instance: 'process-1',
      txn: ids.traceId,
      trace_id: ids.traceId,
      span_id: ids.spanId,
      parent_span_id: 'bbbbbbbbbbbbbbbb',
      ev: 'end',
      kind: 'server',
      op: 'POST /orders',
      dur: 12.346,
      status: 201,
      route: '/orders',
      tok: { age_ms: 4, ttl_ms: 59_000, kid: 'k1', verify_us: 91 },
      caller_trace_id: 'f'.repeat(32),
    });
  });

  it('logs our own failures as errors, and refusals not', () => {
    const { end, lines, writer } = setup();
    const refusal = Object.assign(new Error('out of stock', { cause: new Error('none left') }), {
      status: 409,
      code: 'out_of_stock',
    });
    end({ ...ended, status: 503, error: new Error('down') });
    end({ ...ended, status: 404 });
    end({ ...ended, kind: 'internal', status: 'error', error: refusal });
    end({ ...ended, kind: 'internal', status: 'error', error: new Error('bug') });
    end({ ...ended, kind: 'internal', status: 'ok' });
    writer.close();
    expect(lines.map(({ level }) => level)).toEqual(['error', 'info', 'info', 'error', 'info']);
    expect(lines[2]?.err).toMatchObject({ type: 'Error', message: 'out of stock', code: 'out_of_stock', status: 409 });
    expect(lines.map(({ err }) => JSON.stringify(err ?? {}).includes('"stack"'))).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  it('logs an answer that broke off as a failure, unless the client did not want the rest', () => {
    const { end, lines, writer } = setup();
    const error = (facts: object) => Object.assign(new Error('half of it'), facts);
    end({ ...ended, status: 200, error: error({}) });
    end({ ...ended, status: 200, error: error({ status: 504 }) });
    end({ ...ended, status: 200, error: error({ status: 499 }) });
    end({ ...ended, status: 499, error: error({ status: 499 }) });
    end({ ...ended, status: 499, error: error({}) });
    end({ ...ended, kind: 'client', status: 200, error: error({ code: 'UND_ERR_SOCKET' }) });
    end({ ...ended, kind: 'client', status: 200, error: error({ name: 'AbortError' }) });
    writer.close();
    expect(lines.map(({ level }) => level)).toEqual(['error', 'error', 'info', 'info', 'error', 'error', 'info']);
  });

  it('R120: names user and tenant only if configured, and on requests only', () => {
    const claims = { userId: 'ada', tenantId: 'acme' } as SpanRecord['claims'] & object;
    const silent = setup();
    silent.end({ ...ended, claims });
    expect(JSON.stringify(silent.lines)).not.toMatch(/"ada|"acme/);
    const telling = setup({ identity: ['sub', 'tenant'] });
    telling.end({ ...ended, claims });
    telling.end({ ...ended, kind: 'internal', claims });
    expect(telling.lines[0]).toMatchObject({ sub: 'ada', tenant: 'acme' });
    expect(telling.lines[1]?.sub).toBeUndefined();
    silent.writer.close();
    telling.writer.close();
  });

  it('writes one line for a span that stays open longer than a second', () => {
    const { start, end, lines, writer, at } = setup();
    start(open);
    start({ ...facts, spanId: 'cccccccccccccccc', startedAt: 1_900 } as Span);
    at(1_999);
    writer.reportOpenSpans();
    expect(lines).toHaveLength(0);
    at(2_001);
    writer.reportOpenSpans();
    writer.reportOpenSpans();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'warn', ev: 'inflight', span_id: ids.spanId, dur: 1_001 });
    end(ended);
    at(5_000);
    writer.reportOpenSpans();
    expect(lines.map(({ ev, span_id }) => `${ev} ${span_id}`)).toEqual([
      'inflight aaaaaaaaaaaaaaaa',
      'end aaaaaaaaaaaaaaaa',
      'inflight cccccccccccccccc',
    ]);
    writer.close();
  });

  it('checks open spans by itself', async () => {
    const { lines, logger } = setup();
    const tracer = new Tracer({ service: 'orders' });
    const writer = new SpanWriter(tracer, logger as Required<InternalTokenLogger>, { inflightAfterMs: 1 });
    const span = tracer.open({ op: 'select orders', kind: 'client', db: 'select' });
    while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(lines[0]).toMatchObject({ ev: 'inflight', op: 'select orders', db: 'select', span_id: span.spanId });
    expect(lines[0]?.dur).toBeGreaterThanOrEqual(1);
    writer.close();
  });

  it('R157: forgets the oldest of too many open spans, and still writes its end', () => {
    const { lines, logger } = setup();
    const tracer = new Tracer({ service: 'orders' });
    let now = 0;
    const options = { clock: () => now };
    const writer = new SpanWriter(tracer, logger as Required<InternalTokenLogger>, options, { openSpans: 3 });
    const spans = ['1', '2', '3', '4', '5'].map((op) => tracer.open({ op, kind: 'internal' }));
    now = performance.timeOrigin + performance.now() + 2_000;
    writer.reportOpenSpans();
    expect(lines.map(({ ev, op }) => [ev, op])).toEqual([
      ['inflight', '3'],
      ['inflight', '4'],
      ['inflight', '5'],
    ]);
    spans[0]?.end('ok');
    expect(lines.at(-1)).toMatchObject({ ev: 'end', op: '1' });
    writer.close();
  });

  it('writes the time at which a span ended, not at which its line was written', () => {
    const { end, lines, writer, at } = setup();
    at(1_500);
    end(ended);
    writer.close();
    expect(lines[0]).toMatchObject({ time: 1_012.346, dur: 12.346 });
  });

  it('is not misled by a wall clock that is set or was suspended', () => {
    const { lines, logger } = setup();
    const tracer = new Tracer({ service: 'orders' });
    const writer = new SpanWriter(tracer, logger as Required<InternalTokenLogger>, { inflightAfterMs: 1_800_000 });
    const hourLater = Date.now() + 3_600_000;
    const wall = jest.spyOn(Date, 'now').mockReturnValue(hourLater);
    tracer.open({ op: 'select orders', kind: 'client', db: 'select' });
    writer.reportOpenSpans();
    wall.mockRestore();
    expect(lines).toEqual([]);
    writer.close();
  });

  it('writes the kind of database work, and nothing that is not a kind', () => {
    const { end, lines, writer } = setup();
    end({ ...ended, kind: 'client', db: 'transaction' });
    end({ ...ended, kind: 'client', db: "select * from orders where name = 'ada'" });
    writer.close();
    expect(lines.map(({ db }) => db)).toEqual(['transaction', 'other']);
  });

  it('R117: writes the start of a span at debug level; that of a request when its id is known', async () => {
    const { start, lines, logger, writer } = setup();
    start(open);
    await Promise.resolve();
    logger.setLogLevels(['debug']);
    const learning = { ...facts };
    start(learning as Span);
    learning.traceId = 'f'.repeat(32);
    await Promise.resolve();
    expect(lines).toEqual([
      expect.objectContaining({ time: 1_000, level: 'debug', ev: 'start', op: 'POST /orders', txn: 'f'.repeat(32) }),
    ]);
    writer.close();
  });

  it.each(['start', 'inflight'])('writes no %s line before the trace id is known', async (ev) => {
    const { lines, logger } = setup();
    if (ev === 'start') logger.setLogLevels(['debug']);
    const tracer = new Tracer({ service: 'orders' });
    let now = 0;
    const writer = new SpanWriter(tracer, logger as Required<InternalTokenLogger>, { clock: () => now });
    const verified = Promise.withResolvers<void>();
    const [joining, leaving] = ['GET /joins', 'GET /leaves'].map((op) => tracer.open({ op, kind: 'server' }));
    for (const span of [joining, leaving]) span?.joinsWith(verified.promise);
    now = (joining?.startedAt ?? 0) + 2_000;
    await Promise.resolve();
    writer.reportOpenSpans();
    leaving?.end(499);
    expect(lines.filter((line) => line.ev === ev)).toEqual([]);
    joining?.join('f'.repeat(32));
    verified.resolve();
    await new Promise(setImmediate);
    writer.reportOpenSpans();
    expect(lines.filter((line) => line.ev === ev)).toEqual([
      expect.objectContaining({ op: 'GET /joins', txn: 'f'.repeat(32) }),
    ]);
    writer.close();
  });

  it('logs a process that is not ready as a warning, without a stack', () => {
    const { end, lines, writer } = setup();
    end({ ...ended, status: 503 });
    end({ ...ended, status: 503, error: Object.assign(new Error('no keys'), { code: 'txn_keys_not_ready' }) });
    writer.close();
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn']);
    expect(lines[1]?.err).not.toHaveProperty('stack');
  });

  it('does no work for lines that are not written', async () => {
    const { start, logger, writer } = setup();
    let read = 0;
    const span = { ...facts };
    Object.defineProperty(span, 'op', { get: () => String(++read) });
    start(span as Span);
    await Promise.resolve();
    expect(read).toBe(0);
    logger.setLogLevels(['debug']);
    start(span as Span);
    await Promise.resolve();
    expect(read).toBeGreaterThan(0);
    writer.close();
  });

  it('R121: shortens and escapes the names of a span', () => {
    const { end, lines, writer } = setup();
    end({ ...ended, op: `GET ${'x'.repeat(10_000)}`, peer: 'Bearer abc', route: 'a\u0085' });
    expect(lines[0]?.op?.length).toBeLessThan(300);
    expect(lines[0]?.peer).toBe('Bearer [redacted]');
    writer.close();
  });

  it('ignores spans after it was closed', () => {
    const { end, lines, writer } = setup();
    writer.close();
    end(ended);
    expect(lines).toHaveLength(0);
  });
});
