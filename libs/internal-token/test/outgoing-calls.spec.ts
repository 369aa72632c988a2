import { jest } from '@jest/globals';
import { HttpModule, HttpService } from '@nestjs/axios';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { firstValueFrom } from 'rxjs';
import { Agent, Client, request as undiciRequest } from 'undici';
import {
  InternalTokenContext,
  InternalTokenModule,
  type SpanRecord,
  Tracer,
  type VerifiedClaims,
} from 'nestjs-internal-token';
import { InternalTokenHttpModule, translateCallError } from 'nestjs-internal-token/http';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { currentStore } from '../src/nest/index.js';
import { holdTimers } from '../../../test/support/held-timers.js';
import { clientSpans, Listener } from './support/outgoing.js';

const tokens = new TestTokenIssuer();
const peer = new Listener();
let app: INestApplicationContext;
let records: SpanRecord[] = [];

beforeAll(async () => {
  await peer.listen();
  @Module({
    imports: [
      InternalTokenModule.forRoot({ service: 'shop', trustDomain: 'test', keys: tokens.keys }),
      InternalTokenHttpModule.forRootAsync({ useFactory: () => ({ internalOrigins: { orders: peer.origin } }) }),
      HttpModule.register({}),
    ],
  })
  class ShopModule {}
  app = await NestFactory.createApplicationContext(ShopModule, { logger: false });
  app.get(Tracer).onEnd((record) => records.push(record));
});
afterAll(async () => {
  await app.close();
  peer.close();
});
beforeEach(() => {
  records = [];
  peer.received.length = 0;
  peer.answer = (_req, res) => void res.end('ok');
});

const run = <T>(claims: VerifiedClaims, fn: () => T): T => app.get(InternalTokenContext).run(claims, fn);

/** Reads a whole answer, and reports when it has begun. */
type Call = (url: string, begun?: () => void) => Promise<unknown>;

const byFetch: Call = async (url, begun) => {
  const response = await fetch(url);
  begun?.();
  return response.text();
};
const byUndici: Call = async (url, begun) => {
  const { body } = await undiciRequest(url, { dispatcher: new Agent() });
  begun?.();
  return body.text();
};
const byNode: Call = async (url, begun) => {
  const [response] = (await once(httpRequest(url).end(), 'response')) as [
    NodeJS.ReadableStream & { statusCode: number },
  ];
  begun?.();
  return text(response);
};
const byHttpService: Call = (url, begun) => {
  const heard = (): void => {
    unsubscribe('undici:request:headers', heard);
    begun?.();
  };
  if (begun !== undefined) subscribe('undici:request:headers', heard);
  return firstValueFrom(app.get(HttpService).get(url));
};
/** Progress is left to axios. */
const byHttpServiceOfAxios: Call = (url, begun) =>
  firstValueFrom(app.get(HttpService).get(url, { onDownloadProgress: () => begun?.() }));

const clients: [string, Call][] = [
  ['fetch', byFetch],
  ['undici', byUndici],
  ['node:http', byNode],
  ['HttpService', byHttpService],
  ["HttpService over axios' own adapter", byHttpServiceOfAxios],
];

const LIFE_LEFT_MS = 120;

/** Runs `fn` just before its token expires, with a clock that stands still until something has happened. */
async function atTheEndOfLife<T>(until: Promise<void>, fn: (claims: VerifiedClaims) => Promise<T>): Promise<T> {
  const claims = tokens.claims();
  const clock = jest.spyOn(Date, 'now').mockReturnValue(claims.expiresAt * 1000 - LIFE_LEFT_MS);
  holdTimers();
  try {
    const outcome = fn(claims);
    await until;
    jest.advanceTimersByTime(LIFE_LEFT_MS);
    return await outcome;
  } finally {
    jest.useRealTimers();
    clock.mockRestore();
  }
}

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no failure',
    (reason: unknown) => reason,
  );

describe.each(clients)('An outgoing call by %s', (_client, call) => {
  it('R113a: is aborted when the token expires before an answer', async () => {
    const asked = Promise.withResolvers<void>();
    peer.answer = () => asked.resolve();
    const error = await atTheEndOfLife(asked.promise, (claims) => failureOf(run(claims, () => call(peer.origin))));
    expect(translateCallError(error)?.code ?? String((error as Error).cause)).toContain('upstream_timeout');
    expect(clientSpans(records)).toMatchObject([{ status: 'error', error: { code: 'upstream_timeout' } }]);
  });

  it('R113a: is aborted when the token expires before the end of the body', async () => {
    peer.answer = (_req, res) => void res.write('a beginning');
    const begun = Promise.withResolvers<void>();
    const error = await atTheEndOfLife(begun.promise, (claims) =>
      failureOf(run(claims, () => call(peer.origin, begun.resolve))),
    );
    expect(error).not.toBe('no failure');
    expect(clientSpans(records)).toMatchObject([{ status: 200, error: { code: 'upstream_timeout' } }]);
  });

  it('is a client span with peer and status, whatever the path', async () => {
    const claims = tokens.claims();
    await run(claims, () => call(`${peer.origin}/orders/number-4711?secret=1`));
    peer.answer = (_req, res) => void res.writeHead(404).end();
    await run(claims, () => call(peer.origin)).catch(() => undefined);
    expect(clientSpans(records)).toMatchObject([
      { op: 'GET orders', peer: 'orders', status: 200, service: 'shop', traceId: claims.tokenId },
      { op: 'GET orders', peer: 'orders', status: 404 },
    ]);
    expect(JSON.stringify(records)).not.toContain('number-4711');
  });

  it('is a failed client span if the connection breaks', async () => {
    peer.answer = (_req, res) => void res.destroy();
    await run(tokens.claims(), () => call(peer.origin)).catch(() => undefined);
    expect(clientSpans(records)).toMatchObject([{ status: 'error', error: expect.any(Object) as object }]);
  });

  it('R124: belongs to the current client span, if there is one', async () => {
    const tracer = app.get(Tracer);
    let running: string | undefined;
    await run(tokens.claims(), () =>
      tracer.run({ op: 'orders.place', kind: 'client', peer: 'orders' }, () => {
        running = currentStore()?.span?.spanId;
        return call(peer.origin);
      }),
    );
    expect(clientSpans(records)).toMatchObject([{ op: 'orders.place', spanId: running }]);
    expect(peer.received[0]?.traceparent).toContain(`-${running}-03`);
  });
});

describe('An outgoing request that waits for a connection', () => {
  it('R113a: is given up when its token expires', async () => {
    const asked = Promise.withResolvers<void>();
    peer.answer = () => asked.resolve();
    const client = new Client(peer.origin);
    const outcomes = await atTheEndOfLife(asked.promise, (claims) =>
      Promise.allSettled([1, 2].map(() => run(claims, () => client.request({ path: '/', method: 'GET' })))),
    );
    expect(outcomes).toMatchObject([
      { reason: { code: 'upstream_timeout' } },
      { reason: { code: 'upstream_timeout' } },
    ]);
    expect(peer.received).toHaveLength(1);
    await client.destroy();
  });
});

describe('An outgoing protocol upgrade', () => {
  it('R113a: has the token, but neither a deadline nor an endless span', async () => {
    peer.answer = (_req, res) => void res.end();
    const client = new Client(peer.origin);
    const upgrade = run(tokens.claims(), () => client.upgrade({ path: '/', protocol: 'websocket' }));
    await expect(upgrade).rejects.toThrow();
    expect(peer.received[0]?.token).toMatch(/^eyJ/);
    expect(records).toEqual([]);
    await client.destroy();
  });
});
