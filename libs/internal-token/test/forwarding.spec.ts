import { generateKeyPairSync, sign } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { Injectable } from '@nestjs/common';
import { type SpanRecord, Tracer } from 'nestjs-internal-token';
import { EdgePolicy, type EdgeRequest, Forwarder, type Signer } from 'nestjs-internal-token/gateway';
import { EdgeGateway, problemIn } from '../../../test/support/edge-gateway.js';
import { EdgeService, startSplit } from '../../../test/support/edge-service.js';
import { inParallel } from '../../../test/support/http-client.js';
import { HttpUpstream, valuesOf } from '../../../test/support/upstream.js';
import { createSigner } from '../src/core/index.js';

const pem = (name: string): Buffer => readFileSync(join(import.meta.dirname, '../../../test/support/tls', name));

/** Waits until this many spans have ended. */
function spansOf(...apps: readonly { app: EdgeGateway['app'] }[]) {
  const spans: SpanRecord[] = [];
  const ended = new EventEmitter();
  for (const { app } of apps) {
    app.get(Tracer, { strict: false }).onEnd((record) => ended.emit('span', spans.push(record)));
  }
  return async (count: number): Promise<readonly SpanRecord[]> => {
    while (spans.length < count) await once(ended, 'span');
    return spans.splice(0);
  };
}

/** The operations from the root downwards, as a reader of the log sees them. */
function tree(spans: readonly SpanRecord[]): unknown {
  const under = (parent: string | undefined): unknown[] =>
    spans
      .filter(({ parentSpanId }) => parentSpanId === parent)
      .map(({ spanId, service, op, route }) => ({ service, op, route, children: under(spanId) }));
  return under(undefined);
}

describe('A domain in another process', () => {
  it('R100, R41: its handlers see the same as in one process, with one token', async () => {
    const { gateway, close } = await startSplit();
    const monolith = await EdgeGateway.start();
    const seen = [];
    for (const one of [monolith, gateway]) {
      const response = await one.get('/orders/me?a=b', one.bearer(), 'X-Own: 1');
      const { claims, txn, url, handler } = JSON.parse(response.body);
      expect(response.headers['x-request-id']).toBe(txn);
      expect(claims.tokenId).toBe(txn);
      const { tokenId: _id, userId: _user, issuedAt: _issued, expiresAt: _expires, ...rest } = claims;
      seen.push({ status: response.status, url, handler, claims: rest, type: response.headers['content-type'] });
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(gateway.tokens).toMatchObject({ minted: 1, signed: 1 });
    expect(monolith.tokens).toMatchObject({ minted: 1, signed: 0 });
    await monolith.close();
    await close();
  });

  it('R124: its spans have the same parents as in one process', async () => {
    const { gateway, service, close } = await startSplit();
    const monolith = await EdgeGateway.start();
    const split = spansOf(gateway, service);
    const single = spansOf(monolith);
    const response = await gateway.get('/orders/7', gateway.bearer());
    const spans = await split(2);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([response.headers['x-request-id']]));
    expect(spans.map(({ kind }) => kind)).toEqual(['server', 'server']);
    expect(spans.find(({ service: name }) => name === 'gateway')?.peer).toBe('orders');
    await monolith.get('/orders/7', monolith.bearer());
    expect(tree(spans)).toEqual(tree(await single(2)));
    await monolith.close();
    await close();
  });

  it('its requests never reach the router of the gateway', async () => {
    const upstream = await HttpUpstream.start((_incoming, response) => void response.end('elsewhere'));
    for (const platform of ['fastify', 'express'] as const) {
      const gateway = await EdgeGateway.start({
        platform,
        edge: { forwarding: { upstreams: { orders: { origin: upstream.url } } } },
      });
      expect((await gateway.get('/orders', gateway.bearer())).body).toBe('elsewhere');
      expect((await gateway.get('/orders')).status).toBe(401);
      expect((await gateway.get('/catalog/items')).body).toContain('catalog.items');
      await gateway.close();
    }
    expect(upstream.seen).toHaveLength(2);
    await upstream.stop();
  });

  it('R8a: an asynchronous signer signs once, before anything is sent', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { algorithm, keyId, publicJwk } = await createSigner({ key: privateKey });
    const signer: Signer = {
      algorithm,
      keyId,
      publicJwk,
      asynchronous: true,
      async sign(bytes) {
        await new Promise((resolve) => setImmediate(resolve));
        return sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      },
    };
    const service = await EdgeService.start(signer);
    const gateway = await EdgeGateway.start({
      signer,
      edge: { forwarding: { upstreams: { orders: { origin: service.url } } } },
    });
    expect((await gateway.get('/orders', gateway.bearer())).status).toBe(200);
    expect(gateway.tokens).toMatchObject({ minted: 1, signed: 1 });
    await gateway.close();
    await service.close();
  });

  it('headers that a policy sets on the answer are kept beside those of the service', async () => {
    class Limits extends EdgePolicy {
      check({ response }: EdgeRequest): void {
        response.setHeader('RateLimit', 'limit=10');
      }
    }
    const upstream = await HttpUpstream.start((_incoming, response) => void response.setHeader('X-Own', '1').end());
    const gateway = await EdgeGateway.start({
      edge: { forwarding: { upstreams: { catalog: { origin: upstream.url } } } },
      providers: [Limits],
    });
    const { headers } = await gateway.get('/catalog/items');
    expect(headers).toMatchObject({ ratelimit: 'limit=10', 'x-own': '1', via: '1.1 gateway' });
    await gateway.close();
    await upstream.stop();
  });

  it('a custom forwarder replaces the built-in one', async () => {
    @Injectable()
    class Elsewhere extends Forwarder {
      forward({ response, route }: EdgeRequest): void {
        response.end(`${route.domain} by pigeon`);
      }
    }
    const gateway = await EdgeGateway.start({
      edge: { forwarding: { upstreams: { orders: { origin: 'http://127.0.0.1:9' } } } },
      providers: [Elsewhere],
    });
    expect((await gateway.get('/orders', gateway.bearer())).body).toBe('orders by pigeon');
    await gateway.close();
  });

  it('1,000 interleaved users each reach the service as themselves', async () => {
    const { gateway, close } = await startSplit();
    const wrong: unknown[] = [];
    // Fewer at a time than a listener's queue holds: those beyond it the system resets when nobody accepts for seconds.
    await inParallel(1000, 250, async (index) => {
      const response = await gateway.get(`/orders/${index}`, gateway.bearer({ sub: `user-${index}` }));
      const { id, claims, txn } = JSON.parse(response.body);
      const right =
        id === String(index) && claims.userId === `user-${index}` && txn === response.headers['x-request-id'];
      if (!right) wrong.push(response.body);
    });
    expect(wrong).toEqual([]);
    await close();
  });
});

describe('An upstream over TLS', () => {
  const serve = async (asks: boolean) => {
    const peers: unknown[] = [];
    const tls = { cert: pem('service.pem'), key: pem('service.key.pem'), ca: pem('ca.pem'), requestCert: asks };
    const server = createServer({ ...tls, rejectUnauthorized: asks }, (incoming, response) => {
      const socket = incoming.socket as TLSSocket;
      peers.push(socket.getPeerCertificate().subject?.CN, socket.alpnProtocol);
      response.end(valuesOf(incoming.rawHeaders, 'x-forwarded-proto').join());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { peers, server, url: `https://localhost:${(server.address() as AddressInfo).port}` };
  };

  it('is trusted by its authority, and gets the gateway’s certificate', async () => {
    const { peers, server, url } = await serve(true);
    const gateway = await EdgeGateway.start({
      edge: {
        forwarding: {
          upstreams: {
            catalog: {
              origin: url,
              tls: { ca: pem('ca.pem'), cert: pem('gateway.pem'), key: pem('gateway.key.pem') },
            },
          },
        },
      },
    });
    expect(await gateway.get('/catalog/items')).toMatchObject({ status: 200, body: 'http' });
    expect(peers).toEqual(['gateway', 'http/1.1']);
    await gateway.close();
    server.close();
  });

  it.each([
    ['has a certificate of an unknown authority', false, {}],
    ['requires a certificate that the gateway does not have', true, { ca: pem('ca.pem') }],
  ])('an upstream that %s becomes a 502, and gets no token', async (_, asks, tls) => {
    const { peers, server, url } = await serve(asks);
    const edge = { forwarding: { upstreams: { catalog: { origin: url, tls, restartMs: 0 } } } };
    const gateway = await EdgeGateway.start({ edge });
    const response = await gateway.get('/catalog/items');
    expect([response.status, problemIn(response)['code']]).toEqual([502, 'upstream_unreachable']);
    expect(response.body).not.toMatch(/cert|tls|sign/i);
    expect(peers).toEqual([]);
    await gateway.close();
    server.close();
  });
});
