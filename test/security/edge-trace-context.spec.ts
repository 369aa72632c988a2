import { ConflictException, Controller, HttpCode, Post, type Type } from '@nestjs/common';
import { Public, type SpanRecord, Tracer } from 'nestjs-internal-token';
import type { HeaderOptions } from 'nestjs-internal-token/gateway';
import { EdgeGateway, seenIn } from '../support/edge-gateway.js';

const CALLER = '0af7651916cd43dd8448eb211c80319c';

@Controller('extra')
@Public()
class ExtraController {
  @Post('thrown')
  thrown(): never {
    throw new ConflictException();
  }

  @Post('said')
  @HttpCode(404)
  said(): void {}

  @Post('broken')
  broken(): never {
    throw new Error('broken');
  }
}

async function recorded(headers: HeaderOptions = {}, controllers: readonly Type[] = []) {
  const gateway = await EdgeGateway.start({ edge: { headers }, controllers });
  const spans: SpanRecord[] = [];
  gateway.app.get(Tracer).onEnd((record) => void spans.push(record));
  const settled = async (count: number): Promise<readonly SpanRecord[]> => {
    while (spans.length < count) await new Promise((resolve) => setImmediate(resolve));
    return spans;
  };
  return { gateway, settled };
}

describe('trace ids sent by a caller', () => {
  it('R14, R122, R123: starts a trace of its own, whatever the caller sends', async () => {
    const { gateway } = await recorded();
    const ids = new Set<string | undefined>();
    for (const line of [
      `traceparent: 00-${CALLER}-b7ad6b7169203331-01`,
      `traceparent: 00-${CALLER.toUpperCase()}-b7ad6b7169203331-01`,
      `traceparent: 00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
      `traceparent: ff-${CALLER}-b7ad6b7169203331-01`,
      'traceparent: rubbish',
      'tracestate: a=b',
      `X-Request-Id: ${CALLER}`,
      `X-Correlation-Id: ${CALLER}`,
      `X-B3-TraceId: ${CALLER}`,
    ]) {
      const response = await gateway.get('/catalog/items', line);
      const { txn, headers, claims } = seenIn(response);
      expect(response.headers['x-request-id']).toBe(txn);
      expect(claims.tokenId).toBe(txn);
      expect(txn).not.toBe(CALLER);
      expect(headers['traceparent']).toBeUndefined();
      expect(headers['tracestate']).toBeUndefined();
      expect(headers['baggage']).toBeUndefined();
      ids.add(txn);
    }
    expect(ids.size).toBe(9);
    await gateway.close();
  });

  it('R123: keeps the id of a trusted caller as a link', async () => {
    const { gateway, settled } = await recorded({ trustedCallers: ['127.0.0.0/8'] });
    const response = await gateway.get('/catalog/items', `traceparent: 00-${CALLER}-b7ad6b7169203331-01`);
    const server = (await settled(2)).find(({ kind }) => kind === 'server');
    expect(server).toMatchObject({ callerTraceId: CALLER, traceId: response.headers['x-request-id'] });
    await gateway.close();
  });

  it('R123: drops the id of any other caller', async () => {
    const { gateway, settled } = await recorded({ trustedCallers: ['10.0.0.0/8'] });
    await gateway.get('/catalog/items', `traceparent: 00-${CALLER}-b7ad6b7169203331-01`);
    expect(JSON.stringify(await settled(2))).not.toContain(CALLER);
    await gateway.close();
  });

  it('records the operation and domain that a separate process would record', async () => {
    const { gateway, settled } = await recorded();
    const response = await gateway.get('/orders/7?secret=1', gateway.bearer());
    const [domain, server] = await settled(2);
    expect(domain).toMatchObject({ op: 'GET /orders/:id', kind: 'internal', service: 'orders', status: 'ok' });
    expect(server).toMatchObject({ op: 'GET /orders/:id', kind: 'server', service: 'gateway', status: 200 });
    expect(domain?.parentSpanId).toBe(server?.spanId);
    expect(domain?.traceId).toBe(response.headers['x-request-id']);
    expect(server?.token).toMatchObject({ kid: expect.any(String) });
    await gateway.close();
  });

  it.each([
    ['POST /extra/thrown', 409, { status: 409 }],
    ['POST /extra/said', 404, { status: 404 }],
    ['POST /extra/broken', 500, undefined],
  ])('records the outcome: %s is %i', async (line, status, error) => {
    const { gateway, settled } = await recorded({}, [ExtraController]);
    await gateway.send(`${line} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
    const [domain, server] = await settled(2);
    expect(server).toMatchObject({ kind: 'server', status });
    expect(domain).toMatchObject({ kind: 'internal', service: 'extra', status: 'error' });
    if (error !== undefined) expect(domain?.error).toMatchObject(error);
    await gateway.close();
  });
});
