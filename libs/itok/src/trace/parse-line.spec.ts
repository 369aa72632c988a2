import fc from 'fast-check';
import { type LogLine, stringifyLine } from '../../../internal-token/src/logging/log-line.js';
import type { Line } from './line.js';
import { MAX_LINE, parseLine } from './parse-line.js';
import { MAX_MESSAGE, MAX_NAME, MAX_STACK } from './reading/printable.js';

const TXN = '01a206fc9f45710a810387d208ad3a89';
const SPAN = 'e6753330555c2e38';
const PARENT = 'cdef8521cfb98ef0';

const END: LogLine = {
  time: 1795413548874.613,
  level: 'info',
  msg: 'POST /orders',
  service: 'orders',
  instance: 'host-4711',
  txn: TXN,
  trace_id: TXN,
  span_id: SPAN,
  parent_span_id: PARENT,
  ev: 'end',
  kind: 'server',
  op: 'POST /orders',
  route: '/orders',
  dur: 12.346,
  status: 201,
  tok: { age_ms: 4, ttl_ms: 55996, kid: 'Zm9v', verify_us: 91 },
};

const READ: Line = {
  time: 1795413548874.613,
  level: 'info',
  msg: 'POST /orders',
  service: 'orders',
  instance: 'host-4711',
  txn: TXN,
  spanId: SPAN,
  parentSpanId: PARENT,
  ev: 'end',
  kind: 'server',
  op: 'POST /orders',
  route: '/orders',
  dur: 12.346,
  status: 201,
  tok: { ageMs: 4, ttlMs: 55996, kid: 'Zm9v', verifyUs: 91 },
};

const written = (members: object = {}): string => JSON.stringify({ ...END, ...members });

/** Parses a text that is a line. */
function lineOf(text: string): Line {
  const line = parseLine(text);
  if (typeof line === 'string') throw new Error(`${line}: ${text.slice(0, 200)}`);
  return line;
}

describe('A line of the contract', () => {
  it('is parsed with all of its members', () => {
    expect(parseLine(stringifyLine(END))).toEqual(READ);
  });

  it('has the caller, the user, the database work and the reason it was kept', () => {
    const line = lineOf(written({ sub: 'ada', tenant: 'acme', caller: 'gateway', db: 'select', kept: 'slow' }));
    expect(line).toMatchObject({ user: 'ada', tenant: 'acme', caller: 'gateway', db: 'select', kept: 'slow' });
  });

  it('has the members of the error, and no others', () => {
    const err = {
      type: 'PoolError',
      message: 'full',
      code: '53300',
      status: 503,
      stack: 'PoolError\n    at x',
      secret: 1,
    };
    expect(lineOf(written({ err })).err).toEqual({
      type: 'PoolError',
      message: 'full',
      code: '53300',
      status: 503,
      stack: 'PoolError\n    at x',
    });
  });

  it('is unrelated without an id', () => {
    const { txn: _txn, trace_id: _trace, span_id: _span, parent_span_id: _parent, ev: _ev, ...outside } = END;
    expect(parseLine(JSON.stringify(outside))).toBe('unrelated');
    expect(parseLine(written({ txn: '0'.repeat(32), trace_id: undefined }))).toBe('unrelated');
    expect(parseLine(written({ txn: 'order-15', trace_id: 7 }))).toBe('unrelated');
  });

  it.each([
    ['cut off', stringifyLine(END).slice(0, 150)],
    ['text that is not JSON', 'listening on 3000'],
    ['empty', ''],
    ['a list', '[1, 2]'],
    ['a text', '"{}"'],
    ['a line without a time', written({ time: undefined })],
    ['a time before the epoch', written({ time: -1 })],
    ['a time too late for a Date', written({ time: 1e300 })],
    ['a time that is not one', written({ time: 'yesterday' })],
    ['an end without a duration', written({ dur: undefined })],
    ['an end with a negative duration', written({ dur: -1 })],
    ['an end with an infinite duration', written().replace('12.346', '1e999')],
    ['a span without an id', written({ span_id: 'E6753330555C2E38' })],
    ['an event that is not a name', written({ ev: 1 })],
  ])('is broken: %s', (_what, text) => {
    expect(parseLine(text)).toBe('broken');
  });

  it('is unrelated with an event of a later version of the contract', () => {
    expect(parseLine(written({ ev: 'link' }))).toBe('unrelated');
  });

  it('leaves out members of the wrong form', () => {
    const odd = {
      kind: 'robot',
      status: 1e9,
      peer: 7,
      tok: { age_ms: 'old' },
      parent_span_id: 'x',
      err: [],
      kept: 'yes',
    };
    const line = lineOf(written(odd));
    expect(line).toMatchObject({ kind: 'internal', op: 'POST /orders' });
    for (const member of ['status', 'peer', 'tok', 'parentSpanId', 'err', 'kept'])
      expect(line).not.toHaveProperty(member);
  });
});

describe('A line of another logger', () => {
  it('is read if pino wrote it', () => {
    const text = `{"level":50,"time":1795413548874,"pid":4711,"hostname":"host","name":"orders","txn":"${TXN}","err":{"type":"TypeError","message":"no","stack":"TypeError: no\\n    at x"},"msg":"failed"}`;
    expect(parseLine(text)).toEqual({
      time: 1795413548874,
      level: 'error',
      msg: 'failed',
      service: 'orders',
      instance: 'host-4711',
      txn: TXN,
      err: { type: 'TypeError', message: 'no', stack: 'TypeError: no\n    at x' },
    });
  });

  it('is read if OpenTelemetry added ids to it', () => {
    const text = `{"level":"WARNING","message":"slow","timestamp":"2026-11-26T09:41:53.207412Z","trace_id":"${TXN}","span_id":"${SPAN}","trace_flags":"01"}`;
    expect(parseLine(text)).toEqual({
      time: Date.UTC(2026, 10, 26, 9, 41, 53) + 207.412,
      level: 'warn',
      msg: 'slow',
      service: 'unknown',
      instance: 'unknown',
      txn: TXN,
      spanId: SPAN,
    });
  });

  it.each([
    ['2026-11-26T10:41:53+01:00', Date.UTC(2026, 10, 26, 9, 41, 53)],
    ['2026-11-26 09:41:53,5', Date.UTC(2026, 10, 26, 9, 41, 53, 500)],
    ['2026-11-26T09:41:53.207412345Z', Date.UTC(2026, 10, 26, 9, 41, 53) + 207.412],
  ])('may have its time as text: %s', (time, expected) => {
    expect(lineOf(written({ time })).time).toBe(expected);
  });

  it.each([
    ['docker', JSON.stringify({ log: `${written()}\n`, stream: 'stdout', time: '2026-11-26T09:41:53.2Z' })],
    ['journald', JSON.stringify({ MESSAGE: written(), _PID: '1' })],
    ['logcli', JSON.stringify({ labels: {}, line: written(), timestamp: '2026-11-26T09:41:53Z' })],
    ['docker compose', `orders-1  | ${written()}`],
    ['kubectl --prefix --timestamps', `[pod/orders-6f7c/orders] 2026-11-26T09:41:53.2Z ${written()}`],
    ['containerd', `2026-11-26T09:41:53.207412345+01:00 stdout F ${written()}`],
    ['syslog', `<14>1 2026-11-26T09:41:53Z host orders 4711 - - ${written()}`],
    ['Windows', `${written()}\r`],
  ])('is read as wrapped by %s', (_by, text) => {
    expect(parseLine(text)).toEqual(READ);
  });
});

describe('A hostile line', () => {
  const anyText = fc.string({ unit: 'binary', maxLength: 300 });
  const members = [...Object.keys(END), 'err', 'timestamp', 'log', 'level', '__proto__', 'constructor', 'toString'];
  const value = fc.oneof(fc.jsonValue(), anyText, fc.constantFrom(TXN, SPAN, 'end', 1e308, -0, '1e5'));
  const object = fc
    .tuple(fc.dictionary(fc.constantFrom(...members), value), fc.boolean())
    .map(([own, sound]) => JSON.stringify(sound ? { ...END, ...own } : own));

  it('never makes the parser throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          object,
          object.map((text) => `x ${text}`),
        ),
        (text) => {
          const line = parseLine(text);
          if (typeof line === 'string') return expect(['broken', 'unrelated']).toContain(line);
          expect(line.txn).toMatch(/^[0-9a-f]{32}$/);
          expect(Number.isFinite(line.time)).toBe(true);
          // oxlint-disable-next-line no-control-regex
          expect(JSON.stringify(line)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('sets no prototype', () => {
    const line = lineOf(written().replace('{', '{"__proto__":{"peer":"evil","polluted":1},'));
    expect(line.peer).toBeUndefined();
    expect({}).not.toHaveProperty('polluted');
  });

  it('cannot control a terminal', () => {
    const line = lineOf(
      written({ msg: '\u001b]0;x\u0007\u009b2J\r\nnext\u202egnp', op: '\u001b[2J', service: '\ud800' }),
    );
    expect(line.msg).toBe(String.raw`\u001b]0;x\u0007\u009b2J\r\nnext\u202egnp`);
    expect(line.op).toBe(String.raw`\u001b[2J`);
    expect(line.service).toBe('\ufffd');
  });

  it('keeps the line breaks of a stack, and no other character that moves a cursor', () => {
    const { err } = lineOf(written({ err: { type: 'E', message: 'a\nb', stack: 'E: a\r\n\tat x\u001b[1A' } }));
    expect(err).toEqual({ type: 'E', message: String.raw`a\nb`, stack: `E: a\n    at x${String.raw`\u001b`}[1A` });
  });

  it('is cut where it is too long', () => {
    const long = 'x'.repeat(20_000);
    const line = lineOf(written({ msg: long, op: long, err: { type: long, message: long, stack: long } }));
    expect(line.msg).toHaveLength(MAX_MESSAGE + 1);
    expect(line.op).toHaveLength(MAX_NAME + 1);
    expect(line.err?.stack).toHaveLength(MAX_STACK + 1);
    expect(line.err?.type).toHaveLength(MAX_NAME + 1);
    expect(parseLine(written({ msg: 'x'.repeat(MAX_LINE) }))).toBe('broken');
    expect(parseLine(written({ params: long }))).toEqual(READ);
  });

  it('may be nested to any depth', () => {
    const deep = '['.repeat(200_000);
    expect(parseLine(deep)).toBe('broken');
    expect(parseLine(written().replace('{', `{"params":${deep}${']'.repeat(200_000)},`))).toEqual(READ);
  });
});

describe('Every line that the library writes', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((each) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(each));
  const name = text.filter((each) => each !== '');
  const hex = (length: number) =>
    fc
      .array(fc.integer({ min: 0, max: 15 }), { minLength: length, maxLength: length })
      .map((digits) => digits.map((digit) => digit.toString(16)).join(''))
      .filter((id) => !/^0+$/.test(id));
  const milliseconds = fc.integer({ min: 0, max: 1e12 }).map((micro) => micro / 1e3);
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

  const line = fc.record({
    time: fc.integer({ min: 0, max: 4e15 }).map((micro) => micro / 1e3),
    level: fc.constantFrom('trace', 'debug', 'info', 'warn', 'error', 'fatal'),
    msg: text,
    service: name,
    instance: name,
    txn: hex(32),
    span_id: hex(16),
    parent_span_id: maybe(hex(16)),
    ev: fc.constantFrom('end', 'inflight'),
    kind: fc.constantFrom('server', 'client', 'internal', 'producer', 'consumer'),
    op: name,
    dur: milliseconds,
    status: fc.oneof(fc.integer({ min: 100, max: 999 }), fc.constantFrom('ok', 'error')),
    peer: maybe(name),
    route: maybe(name),
    caller: maybe(name),
    tenant: maybe(name),
    tok: maybe(fc.record({ age_ms: fc.integer(), ttl_ms: fc.integer(), kid: name })),
    err: maybe(fc.record({ type: name, message: text, stack: text })),
  });

  it('is parsed back unchanged', () => {
    fc.assert(
      fc.property(line, ({ span_id, parent_span_id, tok, ...rest }) => {
        const logged = { ...rest, trace_id: rest.txn, span_id, parent_span_id, tok } as LogLine;
        const expected = {
          ...rest,
          spanId: span_id,
          parentSpanId: parent_span_id,
          tok: tok && { ageMs: tok.age_ms, ttlMs: tok.ttl_ms, kid: tok.kid },
        };
        expect(parseLine(stringifyLine(logged))).toEqual(JSON.parse(JSON.stringify(expected)));
      }),
      { numRuns: 500 },
    );
  });
});
