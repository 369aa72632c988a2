import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { type LogLine, stringifyLine } from './log-line.js';

const id = '0193b1e7c0de7f00a1b2c3d4e5f60718';
const line: Required<LogLine> = {
  time: 1_764_425_409_123.456,
  level: 'error',
  msg: 'POST /orders',
  service: 'orders',
  instance: 'orders-1',
  txn: id,
  trace_id: id,
  span_id: 'aaaaaaaaaaaaaaaa',
  parent_span_id: 'bbbbbbbbbbbbbbbb',
  sub: 'ada',
  tenant: 'acme',
  ev: 'end',
  kind: 'server',
  op: 'POST /orders',
  peer: 'stock',
  propagated: true,
  route: '/orders',
  db: 'select',
  dur: 12.346,
  status: 500,
  context: 'Orders',
  err: { type: 'Error', message: 'broken' },
  tok: { age_ms: 4, ttl_ms: 59_000, kid: 'k1', verify_us: 91 },
  caller: 'gateway',
  caller_trace_id: id,
  kept: 'error',
  params: { item: 'tea' },
};

describe('stringifyLine', () => {
  it('writes every member of the schema, in a fixed order', () => {
    const { properties } = JSON.parse(readFileSync(new URL('./log-line.schema.json', import.meta.url), 'utf8')) as {
      properties: object;
    };
    expect(Object.keys(line).toSorted()).toEqual(Object.keys(properties).toSorted());
    expect(stringifyLine(line)).toBe(JSON.stringify(line));
  });

  it('leaves out what is undefined, and writes a status that is a word', () => {
    const { time, level, msg, service, instance } = line;
    const head = { time, level, msg, service, instance };
    expect(stringifyLine({ ...head, status: 'ok' })).toBe(JSON.stringify({ ...head, status: 'ok' }));
    expect(stringifyLine(head)).toBe(JSON.stringify(head));
  });

  it('escapes every text as JSON does, and what moves the cursor', () => {
    const texts = fc.string({
      unit: fc.constantFrom('a', '"', '\\', '\n', '\u001b', '\u007f', 'ä', '\u202e', '\ud800'),
    });
    fc.assert(
      fc.property(texts, (text) => {
        const written = stringifyLine({ ...line, msg: text, op: text, params: { text } });
        expect(JSON.parse(written)).toEqual({ ...line, msg: text, op: text, params: { text } });
        expect(written).toMatch(/^[\x20-\x7eä]*$/);
      }),
    );
  });
});
