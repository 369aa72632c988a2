import type { Server } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { type SpanRecord, Tracer } from 'nestjs-internal-token';
import { endLine } from '../../libs/internal-token/src/logging/span-line.js';
import { EdgeGateway, problemIn, seenIn } from '../support/edge-gateway.js';

/**
 * The statuses of all answers on the connection, interim ones included. The body is sent when the server asks for it.
 */
async function statuses(port: number, head: string, body: string): Promise<number[]> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  socket.write(head);
  let received = '';
  for await (const text of socket as AsyncIterable<string>) {
    received += text;
    if (received === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(body);
  }
  return Array.from(received.matchAll(/^HTTP\/1\.1 (\d+)/gm), ([, status]) => Number(status));
}

describe.each(['fastify', 'express'] as const)('bodies and expectations (%s)', (platform) => {
  let gateway: EdgeGateway;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
  });
  afterAll(() => gateway.close());

  it('does not wait for a body that the client may not send', async () => {
    const { responses, closed } = await gateway.untilClosed(
      'POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n{',
    );
    expect(responses.map(({ status }) => status)).toEqual([401]);
    expect(closed).toBe(true);
  });

  it('answers 413 to an oversized body from an authorized client', async () => {
    const { responses } = await gateway.untilClosed(
      `POST /orders HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\nConnection: close\r\n` +
        `Content-Type: application/json\r\nContent-Length: 3000000\r\n\r\n${' '.repeat(3_000_000)}`,
    );
    expect(responses.map(({ status }) => status)).toEqual([413]);
  });

  it('keeps the context for a body that arrives in pieces', async () => {
    const response = await gateway.send([
      `POST /orders HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\nContent-Type: application/json\r\n`,
      'Content-Length: 8\r\n\r\n',
      '{"a"',
      ':12}',
    ]);
    expect(response.status).toBe(201);
    expect(seenIn(response).txn).toBe(response.headers['x-request-id']);
  });

  it.each(['the public', 'the internal'])(
    "R113a: Expect: 100-continue on %s listener changes nobody's access, and only admitted requests are asked for a body",
    async (listener) => {
      const internal = listener === 'the internal';
      const port = internal ? gateway.internal.port : gateway.port;
      const expecting = (line: string) =>
        statuses(
          port,
          `POST /orders HTTP/1.1\r\nHost: a\r\n${line}Expect: 100-continue\r\nContent-Type: application/json\r\n` +
            'Content-Length: 2\r\nConnection: close\r\n\r\n',
          '{}',
        );
      const good = internal ? `Txn-Token: ${await gateway.internalToken()}` : gateway.bearer();
      expect(await expecting('')).toEqual([401]);
      expect(await expecting(`${good}\r\n`)).toEqual([100, 201]);
    },
  );

  it('answers 417 to an unknown expectation, without a mint', async () => {
    const minted = gateway.tokens.minted;
    const response = await gateway.get('/orders', gateway.bearer(), 'Expect: miracles');
    expect(response.status).toBe(417);
    expect(problemIn(response)['code']).toBe('invalid_request');
    expect(gateway.tokens.minted).toBe(minted);
  });

  it('logs no failure when a client disconnects in the middle', async () => {
    const records: SpanRecord[] = [];
    const forget = gateway.app.get(Tracer, { strict: false }).onEnd((record) => records.push(record));
    const socket = connect(gateway.port, '127.0.0.1');
    const arrived = once(gateway.app.getHttpServer() as Server, 'request');
    socket.write(
      `POST /orders HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a`,
    );
    await arrived;
    socket.resetAndDestroy();
    while (records.length < 2) await setImmediate();
    forget();
    expect(records.map(({ kind }) => kind)).toEqual(['internal', 'server']);
    for (const record of records) expect(endLine(record)).toMatchObject({ level: 'info', fields: { err: {} } });
  });

  it('keeps answering after a client disconnects in the middle', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`POST /orders HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\nContent-Length: 100\r\n\r\n{"a`);
    socket.destroy();
    await once(socket, 'close');
    expect((await gateway.get('/orders', gateway.bearer())).status).toBe(200);
  });
});
