import { Controller, Get } from '@nestjs/common';
import { connect } from 'node:net';
import { Public, RequireScope, type SpanRecord, Tracer } from 'nestjs-internal-token';
import { CLIENT_CLOSED_REQUEST } from '../../libs/internal-token/src/nest/index.js';
import { ask } from '../support/raw-http.js';
import { EdgeGateway } from '../support/edge-gateway.js';

let arrived = 0;

@Controller('waiting')
class WaitingController {
  @Get()
  @Public()
  @RequireScope('catalog.read')
  wait(): Promise<never> {
    arrived += 1;
    return new Promise(() => undefined);
  }
}

const CONNECT = 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n';
const turn = () => new Promise((resolve) => setImmediate(resolve));

// Node removes its own error listener from the socket at CONNECT. Without another one, a reset ends the process; here
// it fails the test.
describe.each(['fastify', 'express'] as const)('a connection reset after CONNECT (%s)', (platform) => {
  let gateway: EdgeGateway;
  const spans: SpanRecord[] = [];

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform, controllers: [WaitingController] });
    gateway.app.get(Tracer, { strict: false }).onEnd((span) => spans.push(span));
  });
  afterAll(() => gateway.close());
  beforeEach(() => {
    arrived = 0;
    spans.length = 0;
  });

  const reset = async (port: number, bytes: string, when: () => boolean) => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(bytes);
    while (!when()) await turn();
    socket.resetAndDestroy();
    await closed;
  };

  it.each(['public', 'internal'] as const)(
    'R155: completes the requests before it and keeps the %s listener serving',
    async (listener) => {
      const port = listener === 'public' ? gateway.port : gateway.internal.port;
      const token = listener === 'internal' ? `Txn-Token: ${await gateway.internalToken('catalog.read')}\r\n` : '';
      const request = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
      await reset(port, request('/waiting', token).repeat(2) + CONNECT, () => arrived === 2);
      while (spans.filter(({ kind, status }) => kind === 'server' && status === CLIENT_CLOSED_REQUEST).length < 2)
        await turn();
      await reset(port, request('/orders') + CONNECT, () => spans.some(({ status }) => status === 401));
      expect((await ask(port, request('/catalog/items', token))).status).toBe(200);
    },
  );
});
