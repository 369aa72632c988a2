import { setImmediate } from 'node:timers/promises';
import { EdgeGateway, problemIn } from '../support/edge-gateway.js';
import { switchProtocols } from '../support/handshake.js';
import { RawUpstream } from '../support/upstream.js';

const H2C = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
const WEBSOCKET = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Connection: Upgrade'];
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe.each([
  ['with a server for upgrades', switchProtocols],
  ['without one', () => undefined],
])('upgrades past the gateway (%s)', (_listening, prepare) => {
  let upstream: RawUpstream;
  let gateway: EdgeGateway;
  let answer = OK;

  beforeEach(async () => {
    answer = OK;
    upstream = await RawUpstream.start(({ socket }) => void socket.write(answer));
    gateway = await EdgeGateway.start({
      prepare,
      edge: { forwarding: { upstreams: { orders: { origin: upstream.url }, catalog: { origin: upstream.url } } } },
    });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each(['websocket', 'WebSocket', 'h2c, websocket', 'websocket/13'])(
    'R53: refuses "Upgrade: %s" to a forwarded route before any service',
    async (protocol) => {
      const response = await gateway.get('/orders', gateway.bearer(), ...WEBSOCKET, `Upgrade: ${protocol}`);
      expect([response.status, problemIn(response)['code']]).toEqual([400, 'upgrade_refused']);
      expect(upstream.connections).toEqual([]);
      expect(gateway.tokens.minted).toBe(0);
    },
  );

  it('R53: does not switch to h2c: serves the request as HTTP/1.1', async () => {
    const response = await gateway.get('/orders', gateway.bearer(), ...H2C);
    expect(response).toMatchObject({ status: 200, body: 'ok' });
    // Without the token, in which any three letters may occur.
    expect(upstream.received.replace(/^txn-token: .*$/im, '')).not.toMatch(/upgrade|h2c|http2-settings/i);
  });

  it('R53: gives no client the connection of a service that switches protocols unasked', async () => {
    answer = SWITCHED;
    const response = await gateway.get('/orders', gateway.bearer());
    expect([response.status, problemIn(response)['code']]).toEqual([502, 'upstream_unreachable']);
    while (!upstream.connections.every(({ socket }) => socket.destroyed || !socket.writable)) await setImmediate();
  });

  it.each([upstreamTarget, () => 'catalog:80', () => '/catalog/items'])(
    'opens no tunnel for CONNECT (%#)',
    async (target) => {
      const { responses, closed } = await gateway.untilClosed(
        `CONNECT ${target()} HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\n\r\nGET /internal HTTP/1.1\r\n\r\n`,
      );
      expect(closed).toBe(true);
      expect(responses.map(({ status }) => status)).toEqual([405]);
      expect(upstream.connections).toEqual([]);
    },
  );

  function upstreamTarget(): string {
    return upstream.url.slice('http://'.length);
  }
});
