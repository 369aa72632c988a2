import { Writable } from 'node:stream';
import { pino } from 'pino';
import { enterStore, type InternalTokenStore } from '../nest/context/internal-token-store.js';
import { internalTokenLogFields } from './request-fields.js';

const txn = '0193b1e7c0de7f00a1b2c3d4e5f60718';
const span = { spanId: 'aaaaaaaaaaaaaaaa', parentSpanId: 'bbbbbbbbbbbbbbbb', service: 'orders' };
const fields = { txn, trace_id: txn, span_id: span.spanId, parent_span_id: span.parentSpanId, service: 'orders' };

function inRequest<T>(fn: () => T): T {
  return enterStore({ txn, span } as InternalTokenStore, fn);
}

describe('internalTokenLogFields', () => {
  it('returns the ids of the current request, and nothing outside a request', () => {
    expect(internalTokenLogFields()).toEqual({});
    expect(inRequest(() => internalTokenLogFields())).toEqual(fields);
  });

  it('R117: puts the ids on every line of pino, and logged objects cannot overwrite them', async () => {
    const lines: string[] = [];
    const sink = new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) });
    const logger = pino(
      { mixin: internalTokenLogFields, mixinMergeStrategy: (line, ids) => ({ ...line, ...ids }) },
      sink,
    );
    logger.info('outside');
    await inRequest(async () => {
      logger.info({ txn: 'forged', item: 'tea' }, 'inside');
      await new Promise((resolve) => setImmediate(resolve));
      logger.child({ module: 'stock' }).warn('after an await');
    });
    const [outside, inside, after] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(outside).not.toHaveProperty('txn');
    expect(inside).toMatchObject({ ...fields, item: 'tea', msg: 'inside' });
    expect(after).toMatchObject({ ...fields, module: 'stock', msg: 'after an await' });
  });
});
