import { jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { type SpanRecord, Tracer } from 'nestjs-internal-token';
import {
  EdgePolicy,
  type EdgeRequest,
  type ForwardingOptions,
  type UpstreamOptions,
} from 'nestjs-internal-token/gateway';
import { EdgeGateway, problemIn } from '../../../test/support/edge-gateway.js';
import { HttpClient, inParallel } from '../../../test/support/http-client.js';
import { exchange, type RawResponse } from '../../../test/support/raw-http.js';
import { HttpUpstream, keepablePort, type RawConnection, RawUpstream } from '../../../test/support/upstream.js';
import { holdTimers } from '../../../test/support/held-timers.js';

const NOBODY_WAITS = { restartMs: 0 };

/** Resolves to the next span that ends. */
const nextSpan = (gateway: EdgeGateway): Promise<SpanRecord> =>
  new Promise((resolve) => gateway.app.get(Tracer, { strict: false }).onEnd(resolve));

/** Resolves at the next failed attempt to connect. */
function refusal(): Promise<void> {
  return new Promise((resolve) => {
    const heard = (): void => {
      unsubscribe('undici:client:connectError', heard);
      resolve();
    };
    subscribe('undici:client:connectError', heard);
  });
}

const answer = (socket: RawConnection['socket'], body: string): void =>
  void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);

describe('The connections of the forwarder', () => {
  const open: { close(): Promise<unknown> }[] = [];
  const gatewayTo = async (
    origin: string,
    { maxBodyBytes, ...upstream }: Partial<UpstreamOptions> & Pick<ForwardingOptions, 'maxBodyBytes'> = {},
  ): Promise<EdgeGateway> => {
    const upstreams = { catalog: { origin, ...upstream } };
    const forwarding = { upstreams, ...(maxBodyBytes !== undefined && { maxBodyBytes }) };
    const gateway = await EdgeGateway.start({ edge: { forwarding } });
    open.push(gateway);
    return gateway;
  };
  const httpUpstream = async (...given: Parameters<typeof HttpUpstream.start>): Promise<HttpUpstream> => {
    const upstream = await HttpUpstream.start(...given);
    open.push({ close: () => upstream.stop().catch(() => undefined) });
    return upstream;
  };
  const rawUpstream = async (...given: Parameters<typeof RawUpstream.start>): Promise<RawUpstream> => {
    const upstream = await RawUpstream.start(...given);
    open.push(upstream);
    return upstream;
  };
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  const call = (gateway: EdgeGateway, method = 'GET', headers: Record<string, string> = {}): ClientRequest => {
    const outgoing = request({ port: gateway.port, path: '/catalog/echo', method, headers, agent: false });
    outgoing.on('error', () => undefined);
    return outgoing;
  };
  const send = (gateway: EdgeGateway, method: string, body = ''): Promise<RawResponse> =>
    gateway.send(
      `${method} /catalog/echo HTTP/1.1\r\nHost: a\r\n${body && `Content-Length: ${body.length}\r\n`}\r\n${body}`,
    );

  describe('when one side disconnects', () => {
    it('a client that disconnects before the answer aborts the request to the upstream', async () => {
      const upstream = await httpUpstream();
      const arrived = upstream.next();
      const gateway = await gatewayTo(upstream.url);
      const span = nextSpan(gateway);
      const outgoing = call(gateway).end();
      const { response } = await arrived;
      const gone = once(response, 'close');
      outgoing.destroy();
      await gone;
      expect(response.writableFinished).toBe(false);
      expect(await span).toMatchObject({ kind: 'server', status: 499, error: { status: 499 } });
    });

    it('a client that disconnects in the middle of a download ends it', async () => {
      const upstream = await httpUpstream();
      const arrived = upstream.next();
      const gateway = await gatewayTo(upstream.url);
      const span = nextSpan(gateway);
      const outgoing = call(gateway).end();
      const { response } = await arrived;
      const gone = once(response, 'close');
      response.write('part');
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      await once(incoming, 'data');
      incoming.destroy();
      await gone;
      expect(response.writableFinished).toBe(false);
      expect(await span).toMatchObject({ kind: 'server', status: 200, error: { status: 499 } });
    });

    it('a client that disconnects in the middle of an upload ends it', async () => {
      const upstream = await httpUpstream();
      const arrived = upstream.next();
      const outgoing = call(await gatewayTo(upstream.url), 'POST', { 'Content-Length': '1000000' });
      outgoing.write('part');
      const { request: incoming } = await arrived;
      const failed = once(incoming, 'error') as Promise<[Error]>;
      incoming.resume();
      outgoing.destroy();
      expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
    });

    it('a request is not delivered later if its client disconnects while the upstream is down', async () => {
      const upstream = await httpUpstream((_incoming, response) => void response.end());
      await upstream.stop();
      const gateway = await gatewayTo(upstream.url, { restartMs: 60_000 });
      const refused = refusal();
      const outgoing = call(gateway).end();
      await refused;
      const left = new Promise((resolve) => outgoing.once('close', resolve));
      outgoing.destroy();
      await left;
      await upstream.listen();
      expect((await send(gateway, 'GET')).status).toBe(200);
      expect(upstream.seen).toHaveLength(1);
    });

    it('a request is not delivered if its client disconnects while a policy is running', async () => {
      const left = Promise.withResolvers<void>();
      class Slow extends EdgePolicy {
        async check({ raw, response }: EdgeRequest): Promise<void> {
          if (raw.method !== 'POST') return;
          outgoing.destroy();
          await once(response, 'close');
          setImmediate(() => left.resolve());
        }
      }
      const upstream = await httpUpstream((_incoming, response) => void response.end());
      const gateway = await EdgeGateway.start({
        edge: { forwarding: { upstreams: { catalog: { origin: upstream.url } } } },
        providers: [Slow],
      });
      open.push(gateway);
      const outgoing = call(gateway, 'POST').end();
      await left.promise;
      expect((await send(gateway, 'GET')).status).toBe(200);
      expect(upstream.seen.map(({ method }) => method)).toEqual(['GET']);
    });

    it.each([
      ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'],
      ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart'],
    ])(
      'an upstream that dies in the middle of an answer (%s) breaks the connection to the client',
      async (_, bytes) => {
        const upstream = await rawUpstream(({ socket }) => void socket.end(bytes, 'latin1'));
        const gateway = await gatewayTo(upstream.url);
        const ended = nextSpan(gateway);
        const outgoing = call(gateway).end();
        const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
        await expect(text(incoming)).rejects.toMatchObject({ code: 'ECONNRESET' });
        expect(incoming.complete).toBe(false);
        // So the line of the request is an error although its status is 200.
        expect((await ended).error).toMatchObject({ code: 'upstream_unreachable', status: 502 });
      },
    );

    it('an HTTP/1.0 client, for which a close would end the answer regularly, gets a reset', async () => {
      const upstream = await httpUpstream();
      const arrived = upstream.next();
      const gateway = await gatewayTo(upstream.url);
      const socket = connect(gateway.port, '127.0.0.1');
      socket.write('GET /catalog/echo HTTP/1.0\r\nHost: a\r\n\r\n');
      const { response } = await arrived;
      response.write('part');
      await once(socket, 'data');
      const failed = once(socket, 'error') as Promise<[Error]>;
      socket.resume();
      response.destroy();
      expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
    });

    it.each([
      ['nothing', ''],
      ['half of a head', 'HTTP/1.1 200 OK\r\nContent-'],
      ['another protocol than HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
      ['an endless head', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`],
      ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
      ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
      ['a protocol switch', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'],
    ])('an upstream that answers %s becomes a 502 without its text', async (_, bytes) => {
      const upstream = await rawUpstream(({ socket }) => void socket.end(bytes, 'latin1'));
      const response = await send(await gatewayTo(upstream.url, NOBODY_WAITS), 'POST', 'x');
      expect(response.status).toBe(502);
      expect(problemIn(response)).toMatchObject({ code: 'upstream_unreachable' });
      expect(response.body).not.toMatch(/SSH|127\.0\.0\.1|ECONN|UND_ERR|HPE/);
      expect(upstream.received.match(/POST/g)).toHaveLength(1);
    });
  });

  describe('when there are more requests than an upstream accepts', () => {
    const ONE_AT_A_TIME = { maxConnections: 1, maxPending: 1 };
    const connectionsOf = (upstream: HttpUpstream): Promise<number> =>
      new Promise((resolve) => upstream.server.getConnections((_, count) => resolve(count)));
    /** A gateway that admits requests one after the other, and a count of the admitted ones. */
    const countingGatewayTo = async (origin: string, upstream: Partial<UpstreamOptions> = ONE_AT_A_TIME) => {
      const received: EdgeRequest[] = [];
      class Count extends EdgePolicy {
        check(request: EdgeRequest): void {
          received.push(request);
        }
      }
      const forwarding = { upstreams: { catalog: { origin, ...upstream } } };
      const gateway = await EdgeGateway.start({ edge: { forwarding }, providers: [Count] });
      open.push(gateway);
      const untilReceived = async (count: number): Promise<void> => {
        while (received.length < count) await turn();
      };
      return { gateway, received, untilReceived };
    };

    it('R169, R170: some requests wait without a connection of their own, and the next gets 503 at once', async () => {
      const upstream = await httpUpstream();
      const first = upstream.next();
      const { gateway, untilReceived } = await countingGatewayTo(upstream.url);
      const answered = send(gateway, 'GET');
      const { response } = await first;
      const waiting = send(gateway, 'POST', 'waits');
      await untilReceived(2);
      const refused = await send(gateway, 'GET');
      expect(problemIn(refused)).toMatchObject({ status: 503, code: 'upstream_overloaded' });
      expect(refused.headers['retry-after']).toBe('1');
      expect([upstream.seen.length, await connectionsOf(upstream)]).toEqual([1, 1]);
      const second = upstream.next();
      response.end('first');
      (await second).response.end('second');
      expect([(await answered).body, (await waiting).body]).toEqual(['first', 'second']);
    });

    it.each([
      ['PUT', { 'Content-Length': '5' }],
      ['POST', { 'Content-Length': '5' }],
      ['POST', { 'Transfer-Encoding': 'chunked' }],
    ])('R169: a %s without any of its body (%j) takes no place', async (method, framing) => {
      const upstream = await httpUpstream((incoming, response) => void incoming.pipe(response));
      const gateway = await gatewayTo(upstream.url, { maxConnections: 1, maxPending: 0 });
      const kept = call(gateway, method, { ...framing, Expect: '100-continue' });
      kept.flushHeaders();
      // The gateway asks for the body when it forwards the request.
      await once(kept, 'continue');
      expect((await send(gateway, 'GET')).status).toBe(200);
      const answered = once(kept, 'response') as Promise<[IncomingMessage]>;
      kept.end('price');
      expect(await text((await answered)[0])).toBe('price');
    });

    it('R169: a body that turns out to be empty is forwarded', async () => {
      const upstream = await httpUpstream((incoming, response) => void incoming.pipe(response));
      const gateway = await gatewayTo(upstream.url);
      const chunked = 'POST /catalog/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
      expect((await gateway.send(chunked)).status).toBe(200);
    });

    it('R169: a client that gives up waiting leaves the line, and its request is never delivered', async () => {
      const upstream = await httpUpstream();
      const first = upstream.next();
      const { gateway, received, untilReceived } = await countingGatewayTo(upstream.url);
      const answered = send(gateway, 'GET');
      const { response } = await first;
      const leaving = call(gateway, 'DELETE').end();
      await untilReceived(2);
      const left = once(received[1]?.response as EdgeRequest['response'], 'close');
      leaving.destroy();
      await left;
      const staying = send(gateway, 'PUT');
      await untilReceived(3);
      const second = upstream.next();
      response.end();
      (await second).response.end();
      expect([(await answered).status, (await staying).status]).toEqual([200, 200]);
      expect(upstream.seen.map(({ method }) => method)).toEqual(['GET', 'PUT']);
    });

    it('R169: a place is freed however its request ends', async () => {
      const upstream = await rawUpstream(({ socket }, heads) => {
        if (heads === 1) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart', 'latin1');
      });
      const edge = { maxConnections: 1, maxPending: 0 };
      const { gateway } = await countingGatewayTo(upstream.url, edge);
      for (let round = 0; round < 3; round++) {
        const { responses } = await exchange(gateway.port, 'GET /catalog/echo HTTP/1.1\r\nHost: a\r\n\r\n');
        expect(responses).toEqual([]);
      }
      expect(upstream.connections).toHaveLength(3);
    });

    describe('for long', () => {
      beforeEach(() => holdTimers());
      afterEach(() => jest.useRealTimers());

      it('R169: a request whose turn does not come in time gets 503, whatever happened to its body', async () => {
        const upstream = await httpUpstream();
        const first = upstream.next();
        const edge = { ...ONE_AT_A_TIME, timeoutMs: 1_000 };
        const { gateway, untilReceived } = await countingGatewayTo(upstream.url, edge);
        const outgoing = call(gateway).end();
        const { response } = await first;
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
        await once(outgoing, 'response');
        const waiting = send(gateway, 'POST', 'waits');
        await untilReceived(2);
        jest.advanceTimersByTime(1_000);
        expect(problemIn(await waiting)).toMatchObject({ status: 503, code: 'upstream_overloaded' });
        response.end();
      });
    });
  });

  describe('when a body exceeds the limit', () => {
    const LIMIT = { maxBodyBytes: 8 };
    const post = (gateway: EdgeGateway, head: string, ...body: readonly string[]) =>
      exchange(gateway.port, [`POST /catalog/echo HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n`, ...body]);

    it('R168: a body with a stated length gets 413 before anything is sent, and the connection is closed', async () => {
      const upstream = await httpUpstream();
      const gateway = await gatewayTo(upstream.url, LIMIT);
      const { responses, closed } = await post(gateway, 'Content-Length: 9', '12345678');
      expect(responses.map((response) => problemIn(response)['code'])).toEqual(['payload_too_large']);
      expect([responses[0]?.status, responses[0]?.headers['connection'], closed]).toEqual([413, 'close', true]);
      expect(upstream.seen).toEqual([]);
    });

    it('R168: a body without a stated length is counted, and is never complete for the upstream', async () => {
      const upstream = await httpUpstream();
      const arrived = upstream.next();
      const gateway = await gatewayTo(upstream.url, LIMIT);
      const answered = post(gateway, 'Transfer-Encoding: chunked', '8\r\n12345678\r\n', '1\r\n9\r\n0\r\n\r\n');
      const { responses, closed } = await answered;
      expect(responses.map((response) => problemIn(response)['code'])).toEqual(['payload_too_large']);
      expect([responses[0]?.status, closed]).toEqual([413, true]);
      const outcome = await Promise.race([arrived, turn()]);
      if (outcome) await expect(text(outcome.request)).rejects.toMatchObject({ code: 'ECONNRESET' });
    });

    it('R168: bodies up to the limit, or without one, are forwarded, however deeply nested', async () => {
      const upstream = await httpUpstream(async (incoming, response) =>
        response.end(String((await text(incoming)).length)),
      );
      const limited = await gatewayTo(upstream.url, LIMIT);
      expect((await send(limited, 'POST', '12345678')).body).toBe('8');
      const { responses } = await post(
        limited,
        'Connection: close\r\nTransfer-Encoding: chunked',
        '8\r\n12345678\r\n0\r\n\r\n',
      );
      expect(responses.map(({ status }) => status)).toEqual([200]);
      const unlimited = await gatewayTo(upstream.url);
      const deep = '['.repeat(2_000_000);
      const answer = await unlimited.send(
        `POST /catalog/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${deep.length}\r\n\r\n${deep}`,
      );
      expect(answer.body).toBe('2000000');
    });
  });

  describe('when one side is silent', () => {
    beforeEach(() => holdTimers());
    afterEach(() => jest.useRealTimers());

    /** A gateway, and its first request as the gateway sees it. */
    const watchedGatewayTo = async (url: string, timeoutMs: number) => {
      const { promise: first, resolve } = Promise.withResolvers<EdgeRequest>();
      class Watch extends EdgePolicy {
        check(request: EdgeRequest): void {
          resolve(request);
        }
      }
      const forwarding = { upstreams: { catalog: { origin: url, timeoutMs } } };
      const gateway = await EdgeGateway.start({ edge: { forwarding }, providers: [Watch] });
      open.push(gateway);
      return { gateway, first };
    };

    it('R113a: an upstream that does not answer in time becomes a 504 and is disconnected', async () => {
      const upstream = await httpUpstream();
      const arrived = upstream.next();
      const answered = send(await gatewayTo(upstream.url, { timeoutMs: 100 }), 'GET');
      const { response } = await arrived;
      const gone = once(response, 'close');
      jest.advanceTimersByTime(100);
      const late = await answered;
      expect([late.status, problemIn(late)['code']]).toEqual([504, 'upstream_timeout']);
      await gone;
    });

    it('R113a: an upstream that stops in the middle of an answer breaks the connection to the client', async () => {
      const upstream = await httpUpstream((_incoming, response) => void response.write('part'));
      const outgoing = call(await gatewayTo(upstream.url, { timeoutMs: 100 })).end();
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      await once(incoming, 'data');
      const cut = text(incoming);
      jest.advanceTimersByTime(100);
      await expect(cut).rejects.toMatchObject({ code: 'ECONNRESET' });
    });

    it('an upstream that accepts connections but reads nothing becomes a 504 for a large body too', async () => {
      const deaf = createServer((socket) => void socket.pause()).listen(0, '127.0.0.1');
      await once(deaf, 'listening');
      open.push({ close: async () => deaf.close() });
      const url = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`;
      const { gateway, first } = await watchedGatewayTo(url, 1_000);
      const outgoing = call(gateway, 'POST');
      outgoing.write(Buffer.alloc(30_000_000));
      const { raw } = await first;
      while (!raw.isPaused()) await turn();
      jest.advanceTimersByTime(1_000);
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      expect(incoming.statusCode).toBe(504);
    });

    it('a stream of events may be silent for any time', async () => {
      const upstream = await httpUpstream();
      const arrived = upstream.next();
      const outgoing = call(await gatewayTo(upstream.url, { timeoutMs: 1_000 })).end();
      const { response } = await arrived;
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      jest.advanceTimersByTime(2_500);
      response.end('data: late\n\n');
      expect(await text(incoming)).toBe('data: late\n\n');
    });

    it.each([['POST'], ['PUT']])('a client that stops in the middle of its %s gets 408', async (method) => {
      const forwarded = Promise.withResolvers<void>();
      const upstream = await httpUpstream((incoming) => void incoming.once('data', forwarded.resolve));
      const gateway = await gatewayTo(upstream.url, { timeoutMs: 1_000 });
      const outgoing = call(gateway, method, { 'Content-Length': '1000' });
      let answer: IncomingMessage | undefined;
      outgoing.once('response', (incoming) => (answer = incoming)).write('part');
      // A body that may be sent twice is forwarded only as a whole.
      if (method === 'POST') await forwarded.promise;
      for (; answer === undefined; await turn()) jest.advanceTimersByTime(1_000);
      expect(answer.statusCode).toBe(408);
    });

    it('a client that reads slowly is waited for', async () => {
      const upstream = await httpUpstream((_incoming, response) => void response.end(Buffer.alloc(30_000_000)));
      const { gateway, first } = await watchedGatewayTo(upstream.url, 1_000);
      const outgoing = call(gateway).end();
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      const { response: answer } = await first;
      while (!answer.writableNeedDrain) await turn();
      jest.advanceTimersByTime(2_500);
      expect((await text(incoming)).length).toBe(30_000_000);
    });

    it('a client that never reads its answer does not occupy the service for ever', async () => {
      const upstream = await httpUpstream();
      const arrived = upstream.next();
      const { gateway, first } = await watchedGatewayTo(upstream.url, 100);
      const outgoing = call(gateway).end();
      const { response } = await arrived;
      const gone = once(response, 'close');
      response.end(Buffer.alloc(60_000_000));
      await once(outgoing, 'response');
      const { response: answer } = await first;
      while (!answer.writableNeedDrain) await turn();
      jest.advanceTimersByTime(1_000);
      await gone;
      expect(response.writableFinished).toBe(false);
    });
  });

  describe('on reused connections', () => {
    /** Answers the first request of a connection, and is gone for the second one. */
    const once200ThenGone = (): Promise<RawUpstream> =>
      rawUpstream(({ socket }, heads) => {
        if (heads === 1) answer(socket, 'ok');
        else socket.destroy();
      });

    it.each(['GET', 'HEAD', 'OPTIONS', 'DELETE'])('%s finds a dead connection and is sent again', async (method) => {
      const upstream = await once200ThenGone();
      const gateway = await gatewayTo(upstream.url, NOBODY_WAITS);
      expect((await send(gateway, 'GET')).status).toBe(200);
      const { responses } = await exchange(
        gateway.port,
        `${method} /catalog/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      );
      expect(method === 'HEAD' || responses[0]?.status === 200).toBe(true);
      expect(upstream.received.match(new RegExp(`^${method} `, 'gm'))).toHaveLength(method === 'GET' ? 3 : 2);
    });

    it('R41: a small PUT is sent again byte for byte, with the same token', async () => {
      const upstream = await once200ThenGone();
      const gateway = await gatewayTo(upstream.url, NOBODY_WAITS);
      await send(gateway, 'GET');
      expect((await send(gateway, 'PUT', 'the whole body')).status).toBe(200);
      const [first = '', second] = upstream.connections.map(({ received }) => /PUT [^]*/.exec(received)?.[0]);
      expect(first).toMatch(/Txn-Token: eyJ[^]*the whole body$/i);
      expect(second).toBe(first);
      expect(gateway.tokens).toMatchObject({ minted: 2, signed: 2 });
    });

    it.each([
      ['POST', 'x'],
      ['POST', ''],
      ['PATCH', 'x'],
      ['PUT', 'x'.repeat(100_000)],
    ])('%s is never sent again (%#)', async (method, body) => {
      const upstream = await once200ThenGone();
      const gateway = await gatewayTo(upstream.url, NOBODY_WAITS);
      await send(gateway, 'GET');
      const response = await send(gateway, method, body);
      expect([response.status, problemIn(response)['code']]).toEqual([502, 'upstream_unreachable']);
      expect(upstream.received.match(new RegExp(`^${method} `, 'gm'))).toHaveLength(1);
    });

    it('a POST that finds a dead connection before a byte is sent uses another one', async () => {
      const upstream = await rawUpstream(({ socket }) => answer(socket, 'ok'));
      class Cut extends EdgePolicy {
        async check({ raw }: EdgeRequest): Promise<void> {
          if (raw.method !== 'POST') return;
          for (const { socket } of upstream.connections) socket.resetAndDestroy();
          // From here on the forwarder continues before the gateway notices that the connection is dead.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      const forwarding = { upstreams: { catalog: { origin: upstream.url, ...NOBODY_WAITS } } };
      const gateway = await EdgeGateway.start({ edge: { forwarding }, providers: [Cut] });
      open.push(gateway);
      await send(gateway, 'GET');
      expect((await send(gateway, 'POST', 'x')).status).toBe(200);
      expect((await send(gateway, 'POST')).status).toBe(200);
      expect(upstream.connections).toHaveLength(3);
      expect(upstream.received.match(/POST \/catalog/g)).toHaveLength(2);
    });

    it('a request that kills the upstream is not sent a third time', async () => {
      const upstream = await rawUpstream(({ socket }) => void socket.destroy());
      const gateway = await gatewayTo(upstream.url, NOBODY_WAITS);
      expect((await send(gateway, 'GET')).status).toBe(502);
      expect(upstream.received.match(/^GET /gm)).toHaveLength(2);
    });

    it('nothing is sent again after half of an answer', async () => {
      const upstream = await rawUpstream(({ socket }) => void socket.end('HTTP/1.1 200 OK\r\nContent-'));
      expect((await send(await gatewayTo(upstream.url), 'GET')).status).toBe(502);
      expect(upstream.received.match(/^GET /gm)).toHaveLength(1);
    });

    it('an upstream that closes idle connections early fails no request', async () => {
      const upstream = await httpUpstream((incoming, response) => {
        incoming.resume();
        response.removeHeader('Keep-Alive');
        response.end('ok');
      });
      upstream.server.keepAliveTimeout = 1;
      Object.assign(upstream.server, { keepAliveTimeoutBuffer: 1 });
      const gateway = await gatewayTo(upstream.url);
      const client = new HttpClient(`http://127.0.0.1:${gateway.port}`, 4);
      const statuses: number[] = [];
      for (let round = 0; round < 40; round++) {
        await pause(round % 5);
        await inParallel(4, 4, async () => {
          statuses.push((await client.call('/catalog/echo')).status);
        });
      }
      client.close();
      expect(statuses.filter((status) => status !== 200)).toEqual([]);
      expect(statuses).toHaveLength(160);
    });

    it('connections are reused', async () => {
      const peers = new Set<number | undefined>();
      const upstream = await httpUpstream((incoming, response) => {
        peers.add(incoming.socket.remotePort);
        response.end('ok');
      });
      const gateway = await gatewayTo(upstream.url);
      for (let index = 0; index < 20; index++) expect((await send(gateway, 'GET')).status).toBe(200);
      expect(peers.size).toBe(1);
    });
  });

  describe('when an upstream restarts', () => {
    afterEach(() => jest.useRealTimers());

    it('without waiting, every request gets 502 at once while nothing listens', async () => {
      const upstream = await httpUpstream();
      await upstream.stop();
      const gateway = await gatewayTo(upstream.url, NOBODY_WAITS);
      for (const method of ['GET', 'POST']) {
        const response = await send(gateway, method, method === 'POST' ? 'x' : '');
        expect([response.status, problemIn(response)['code']]).toEqual([502, 'upstream_unreachable']);
        expect(response.body).not.toContain('127.0.0.1');
      }
    });

    it('a request that was not sent yet waits for the restart, with any method', async () => {
      const upstream = await httpUpstream((incoming, response) => void incoming.pipe(response));
      await upstream.stop();
      const gateway = await gatewayTo(upstream.url, { restartMs: 60_000 });
      const refused = refusal();
      const answers = [
        send(gateway, 'GET'),
        send(gateway, 'POST', 'an order'),
        send(gateway, 'PUT', 'a price'),
        send(gateway, 'POST', 'x'.repeat(200_000)),
      ];
      await refused;
      await upstream.listen();
      expect((await Promise.all(answers)).map(({ status, body }) => [status, body.length >= 7 || body])).toEqual([
        [200, ''],
        [200, true],
        [200, true],
        [200, true],
      ]);
      expect(upstream.seen).toHaveLength(4);
    });

    it('an upstream that stays down is waited for once, and found again without a restart of the gateway', async () => {
      const upstream = await httpUpstream(
        (incoming, response) => void incoming.resume().on('end', () => response.end('back')),
      );
      await upstream.stop();
      const gateway = await gatewayTo(upstream.url, { restartMs: 1_000 });
      holdTimers();
      let waiting = 3;
      const answers = [send(gateway, 'GET'), send(gateway, 'GET'), send(gateway, 'POST', 'x')];
      for (const one of answers) void one.finally(() => waiting--);
      for (; waiting > 0; await turn()) jest.advanceTimersByTime(100);
      const waited = await Promise.all(answers);
      expect(waited.map(({ status }) => status)).toEqual([502, 502, 502]);
      let attempts = 0;
      const counted = (): void => void attempts++;
      subscribe('undici:client:connectError', counted);
      expect((await send(gateway, 'GET')).status).toBe(502);
      unsubscribe('undici:client:connectError', counted);
      expect(attempts).toBe(1);
      await upstream.listen();
      expect((await send(gateway, 'GET')).status).toBe(200);
      // After that, requests wait for it again.
      await upstream.stop();
      const refused = refusal();
      const last = send(gateway, 'POST', 'x');
      await refused;
      await upstream.listen();
      jest.advanceTimersByTime(100);
      expect((await last).status).toBe(200);
    });

    it('no idempotent request fails under load', async () => {
      const upstream = await httpUpstream((incoming, response) => {
        incoming.resume().once('end', () => setImmediate(() => response.end('ok')));
      });
      const gateway = await gatewayTo(upstream.url, { restartMs: 60_000 });
      const client = new HttpClient(`http://127.0.0.1:${gateway.port}`, 8);
      const statuses: number[] = [];
      await inParallel(600, 8, async (index) => {
        if (index > 0 && index % 150 === 0) {
          await upstream.stop();
          await upstream.listen();
        }
        const { status } = await client.call('/catalog/echo', index % 2 ? {} : { method: 'PUT', body: 'price' });
        statuses.push(status);
      });
      client.close();
      expect(statuses.filter((status) => status !== 200)).toEqual([]);
      expect(statuses).toHaveLength(600);
    });

    it('an upstream that is killed in the middle of an answer cuts it off, and is reached again when it is back', async () => {
      const port = await keepablePort();
      const service = async () => {
        const script = `require('node:http').createServer((q, s) => { s.write('part'); if (q.url.includes('all')) s.end() })
          .listen(${port}, '127.0.0.1', () => console.log('listening'))`;
        const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
        open.push({ close: async () => child.kill('SIGKILL') });
        await once(child.stdout, 'data');
        return child;
      };
      const child = await service();
      const gateway = await gatewayTo(`http://127.0.0.1:${port}`, NOBODY_WAITS);
      const outgoing = call(gateway).end();
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      await once(incoming, 'data');
      const cut = text(incoming);
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await expect(cut).rejects.toMatchObject({ code: 'ECONNRESET' });
      await closed;
      expect((await send(gateway, 'GET')).status).toBe(502);
      await service();
      expect((await gateway.get('/catalog/echo?all')).status).toBe(200);
    });
  });

  it('closing the gateway closes its connections', async () => {
    const upstream = await httpUpstream((_incoming, response) => void response.end('ok'));
    const gateway = await EdgeGateway.start({
      edge: { forwarding: { upstreams: { catalog: { origin: upstream.url } } } },
    });
    const closed = new Promise((resolve) =>
      upstream.server.once('connection', (socket) => socket.once('close', resolve)),
    );
    await send(gateway, 'GET');
    await gateway.close();
    await closed;
  });
});
