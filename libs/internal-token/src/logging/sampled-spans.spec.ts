import fc from 'fast-check';
import { type Span, type SpanRecord, Tracer } from '../nest/index.js';
import { InternalTokenLogger } from './internal-token-logger.js';
import type { InternalTokenLoggingOptions } from './internal-token-logging.options.js';
import type { LogLine } from './log-line.js';
import { SpanWriter } from './span-writer.js';

const LEFT_OUT = '0193b1e7c0de7f00a100000000000000';
const INCLUDED = '0193b1e7c0de7f00a1ffffffffffffff';

interface Setup extends InternalTokenLoggingOptions {
  level?: string;
  limits?: ConstructorParameters<typeof SpanWriter>[3];
}

/** A process that writes the spans of half of its requests, with a clock that the test moves. */
function setup({ level = 'info', limits = {}, ...options }: Setup = {}) {
  const started = new Set<(span: Span) => void>();
  const over = new Set<(record: SpanRecord) => void>();
  const lines: LogLine[] = [];
  let now = 0;
  let spans = 0;
  const destination = { write: (text: string) => lines.push(JSON.parse(text) as LogLine) };
  const clock = () => now;
  const logger = new InternalTokenLogger({ service: 'process', instance: 'process-1', level, destination, clock });
  const tracer = {
    onStart: (listener: (span: Span) => void) => (started.add(listener), () => void started.delete(listener)),
    onEnd: (listener: (record: SpanRecord) => void) => (over.add(listener), () => void over.delete(listener)),
  };
  const sampling = { rate: 0.5, slowMs: 1_000 };
  const writer = new SpanWriter(
    tracer,
    logger as Required<InternalTokenLogger>,
    { sampling, clock, ...options },
    limits,
  );
  /** Opens a span; returns how to end it and how to open spans inside it. */
  const open = (op: string, facts: Partial<SpanRecord> = {}) => {
    const spanId = (++spans).toString(16).padStart(16, '0');
    const startedAt = now;
    const span = { traceId: LEFT_OUT, spanId, op, kind: 'internal', service: 'orders', startedAt, ...facts } as const;
    for (const listener of started) listener(span as object as Span);
    const end = (how: Partial<SpanRecord> = {}) => {
      const record = { ...span, startedAt, durationMs: now - startedAt, status: 'ok', ...how } as SpanRecord;
      for (const listener of over) listener(record);
    };
    return { spanId, end, inside: (name: string) => open(name, { ...facts, parentSpanId: spanId }) };
  };
  return {
    lines,
    logger,
    writer,
    open,
    pass: (milliseconds: number) => (now += milliseconds),
    written: () => lines.map(({ ev, op, msg, kept }) => `${ev ?? 'line'} ${op ?? msg}${kept ? ` (${kept})` : ''}`),
  };
}

const bug = { status: 'error', error: new Error('bug') } as const;

describe('Span lines with sampling', () => {
  it('writes the lines of an included request at once', () => {
    const { open, written } = setup();
    const request = open('request', { traceId: INCLUDED });
    request.inside('child').end();
    expect(written()).toEqual(['end child']);
    request.end({ status: 500 });
    expect(written()).toEqual(['end child', 'end request']);
  });

  it('drops the lines of a request that is left out, and keeps nothing of them', () => {
    const { open, written, writer } = setup();
    const request = open('request');
    request.inside('child').end();
    expect(writer.heldLines).toBe(1);
    request.end({ status: 404 });
    expect(written()).toEqual([]);
    expect(writer.heldLines).toBe(0);
  });

  it.each([
    [404, 0],
    [499, 0],
    [505, 0],
    [500, 1],
    [503, 1],
    [504, 1],
  ])('a left-out request that ends with %i leaves %i lines, according to its level', (status, count) => {
    const { open, lines } = setup();
    open('request', { kind: 'server' }).end({ status });
    expect(lines).toHaveLength(count);
    expect(lines.filter(({ level }) => level === 'info')).toEqual([]);
  });

  it('writes all lines of a request that fails, and says why', () => {
    const { open, written, writer, lines, pass } = setup();
    const request = open('request');
    pass(3);
    request.inside('before').end();
    pass(4);
    const failing = request.inside('failing');
    failing.end(bug);
    request.inside('after').end();
    pass(5);
    request.end({ status: 500 });
    expect(written()).toEqual([
      'end before (error)',
      'end failing (error)',
      'end after (error)',
      'end request (error)',
    ]);
    expect(lines.map(({ time }) => time)).toEqual([3, 7, 7, 12]);
    expect(writer.heldLines).toBe(0);
  });

  it('writes the lines of a request that is answered with a failure, even if no span has an error', () => {
    const { open, written } = setup();
    const request = open('request', { kind: 'server' });
    request.inside('child').end();
    request.end({ status: 503 });
    expect(written()).toEqual(['end child (error)', 'end request (error)']);
  });

  it('writes the lines of a slow request', () => {
    const { open, written, pass } = setup();
    const request = open('request');
    request.inside('child').end();
    pass(999);
    const quick = open('quick');
    quick.end();
    expect(written()).toEqual([]);
    pass(1);
    request.end();
    expect(written()).toEqual(['end child (slow)', 'end request (slow)']);
  });

  it('judges each request separately, even two that share an id', () => {
    const { open, written } = setup();
    const [one, other] = [open('one'), open('other')];
    one.inside('child of one').end();
    other.inside('child of other').end(bug);
    one.end();
    other.end();
    expect(written()).toEqual(['end child of other (error)', 'end other (error)']);
  });

  it('waits for work that a request leaves behind', () => {
    const { open, written } = setup();
    const request = open('request');
    const behind = request.inside('left behind');
    request.end();
    expect(written()).toEqual([]);
    behind.end(bug);
    expect(written()).toEqual(['end request (error)', 'end left behind (error)']);
  });

  it('writes the lines as soon as a span stays open for too long, since the request is slow and may never end', () => {
    const { open, written, writer, pass } = setup();
    const stream = open('stream');
    stream.inside('subscribe').end();
    pass(1_000);
    writer.reportOpenSpans();
    expect(written()).toEqual(['end subscribe (slow)', 'inflight stream (slow)']);
    stream.inside('event').end();
    writer.reportOpenSpans();
    expect(written().slice(2)).toEqual(['end event (slow)']);
    expect(writer.heldLines).toBe(0);
  });

  it('reports an open span only once it is slow, if that comes later', () => {
    const { open, written, writer, pass } = setup({ inflightAfterMs: 200 });
    open('left out');
    open('included', { traceId: INCLUDED });
    pass(500);
    writer.reportOpenSpans();
    expect(written()).toEqual(['inflight included']);
    pass(500);
    writer.reportOpenSpans();
    expect(written()).toEqual(['inflight included', 'inflight left out (slow)']);
  });

  it('holds back start lines too', async () => {
    const { open, written } = setup({ level: 'debug' });
    const [good, bad] = [open('good', { kind: 'server' }), open('bad', { kind: 'server' })];
    await Promise.resolve();
    good.end({ status: 200 });
    expect(written()).toEqual([]);
    bad.end({ status: 500 });
    expect(written()).toEqual(['start bad (error)', 'end bad (error)']);
  });

  it('follows the id of the token, which a request learns after its start', async () => {
    const { open, written } = setup({ level: 'debug' });
    const learning = open('request', { kind: 'server' });
    learning.end({ traceId: INCLUDED, status: 200 });
    await Promise.resolve();
    expect(written()).toContain('end request');
  });

  it('always writes the lines of application code', () => {
    const { open, logger, written } = setup();
    const request = open('request');
    logger.log('placed');
    request.end();
    expect(written()).toEqual(['line placed']);
  });

  it('bounds the lines of one request, counts the rest, and says so if the request is kept', () => {
    const { open, lines, written, writer } = setup({ limits: { perRequest: 2 } });
    const request = open('request');
    for (const name of ['a', 'b', 'c', 'd', 'e']) request.inside(name).end();
    expect(writer.heldLines).toBe(2);
    request.end({ status: 500 });
    expect(written()).toEqual([
      'end a (error)',
      'end b (error)',
      'line 3 span lines of this request are missing: sampling could not keep them',
      'end request (error)',
    ]);
    expect(lines[2]).toMatchObject({ level: 'warn', txn: LEFT_OUT, span_id: request.spanId, service: 'orders' });
  });

  it('bounds the lines of all requests together, and counts what is missing of each', () => {
    const { open, written, writer } = setup({ limits: { total: 3 } });
    const [one, other] = [open('one'), open('other')];
    for (const name of ['a', 'b', 'c']) one.inside(name).end();
    other.inside('d').end();
    expect(writer.heldLines).toBe(3);
    other.end({ status: 500 });
    expect(written()).toEqual([
      'line 1 span lines of this request are missing: sampling could not keep them',
      'end other (error)',
    ]);
    one.end();
    expect(writer.heldLines).toBe(0);
  });

  it.each([
    [1, ['next']],
    [2, ['next', 'another']],
  ])(
    'counts the dropped lines of a span that fails after it was forgotten, with a limit of %i open spans',
    (openSpans, more) => {
      const { open, written, writer } = setup({ limits: { openSpans } });
      const forgotten = open('forgotten');
      forgotten.inside('child').end();
      for (const name of more) open(name);
      forgotten.end(bug);
      expect(written()).toEqual([
        'line 1 span lines of this request are missing: sampling could not keep them',
        'end forgotten (error)',
      ]);
      expect(writer.heldLines).toBe(0);
    },
  );

  it('drops the lines when the process ends', () => {
    const { open, writer, written } = setup();
    open('request').inside('child').end();
    writer.close();
    expect(writer.heldLines).toBe(0);
    expect(written()).toEqual([]);
  });

  it('every process decides the same for a request', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f]{32}$/), (id) => {
        const [gateway, orders] = [setup(), setup()];
        for (const { open } of [gateway, orders]) open('request', { traceId: id }).end();
        return gateway.lines.length === orders.lines.length;
      }),
    );
  });

  it('loses and invents no line, whatever order spans begin and end in', () => {
    const steps = fc.array(fc.record({ pick: fc.nat(), act: fc.constantFrom('begin', 'end', 'fail') }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (script) => {
        const { open, lines, writer } = setup();
        const request = open('request');
        const running = [request];
        let begun = 1;
        let failed = false;
        for (const { pick, act } of script) {
          const span = running[pick % running.length] ?? request;
          if (act === 'begin') {
            running.push(span.inside(`span ${begun}`));
            begun++;
          } else if (span !== request) {
            running.splice(running.indexOf(span), 1);
            span.end(act === 'fail' ? bug : {});
            failed ||= act === 'fail';
          }
        }
        for (const span of running.toReversed()) span.end();
        const ids = new Set(lines.map(({ span_id }) => span_id));
        return writer.heldLines === 0 && lines.length === ids.size && ids.size === (failed ? begun : 0);
      }),
    );
  });
});

it('decides for the spans of a real Tracer', () => {
  const { lines, logger } = setup();
  const tracer = new Tracer({ service: 'orders' });
  const writer = new SpanWriter(tracer, logger as Required<InternalTokenLogger>, { sampling: { rate: 0 } });
  const work = (inner: () => void) =>
    tracer.run({ op: 'outer', kind: 'internal' }, () => tracer.run({ op: 'inner', kind: 'internal' }, inner));
  work(() => undefined);
  expect(lines).toEqual([]);
  expect(() =>
    work(() => {
      throw new Error('bug');
    }),
  ).toThrow('bug');
  expect(lines.map(({ op, kept }) => `${op} ${kept}`)).toEqual(['inner error', 'outer error']);
  writer.close();
});
