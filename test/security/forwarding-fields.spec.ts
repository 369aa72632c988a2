import { text } from 'node:stream/consumers';
import type { EdgeOptions } from 'nestjs-internal-token/gateway';
import { EdgeGateway } from '../support/edge-gateway.js';
import { HttpUpstream, RawUpstream } from '../support/upstream.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('headers that reach a service', () => {
  let upstream: RawUpstream;
  let gateway: EdgeGateway;
  const started: EdgeGateway[] = [];

  const start = async (edge: Partial<EdgeOptions> = {}): Promise<EdgeGateway> => {
    const { url: origin } = upstream;
    const forwarding = { upstreams: { catalog: { origin }, orders: { origin } } };
    const one = await EdgeGateway.start({ edge: { forwarding, ...edge } });
    started.push(one);
    return one;
  };

  beforeAll(async () => {
    upstream = await RawUpstream.start(({ socket }) => void socket.write(OK));
    gateway = await start();
  });
  afterAll(async () => {
    for (const one of started) await one.close();
    await upstream.close();
  });

  /** The header lines the service received. */
  async function lines(to: EdgeGateway, ...fields: readonly string[]): Promise<string[]> {
    const before = upstream.received.length;
    const response = await to.get('/catalog/items', ...fields);
    expect(response.status).toBe(200);
    return upstream.received.slice(before).split('\r\n\r\n')[0]?.split('\r\n') ?? [];
  }
  /** The part that a client can influence: token, ids and port are random and may contain any short word. */
  const heard = (head: readonly string[]): string =>
    head.filter((line) => !/^(?:txn-token|traceparent|host):/i.test(line)).join('\n');
  const said = (head: readonly string[], name: string): string[] =>
    head
      .filter((line) => line.toLowerCase().startsWith(`${name}:`))
      .map((line) => line.slice(line.indexOf(':') + 1).trim());

  it('R54, R90: forwards a plain request with exactly these headers', async () => {
    const head = await lines(gateway, 'Accept: */*', 'X-Own: 1', 'x-own: 2');
    expect(head.map((line) => line.split(':')[0]?.toLowerCase())).toEqual([
      'get /catalog/items http/1.1',
      'host',
      'connection',
      'accept',
      'x-own',
      'x-own',
      'x-forwarded-for',
      'x-forwarded-proto',
      'x-forwarded-host',
      'via',
      'txn-token',
      'traceparent',
    ]);
    expect(said(head, 'host')).toEqual([upstream.url.slice('http://'.length)]);
    expect(said(head, 'connection')).toEqual(['keep-alive']);
    expect(said(head, 'x-own')).toEqual(['1', '2']);
    expect(said(head, 'x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(said(head, 'x-forwarded-proto')).toEqual(['http']);
    expect(said(head, 'x-forwarded-host')).toEqual(['api.example.test']);
    expect(said(head, 'via')).toEqual(['1.1 gateway']);
    expect(said(head, 'txn-token')).toEqual([expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/)]);
    expect(said(head, 'traceparent')).toEqual([expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/)]);
  });

  it.each([
    'Connection: close, Txn-Token',
    'Connection: txn-token',
    'Connection: Txn-Token, traceparent, Via, X-Forwarded-For',
    'Connection: keep-alive, TXN-TOKEN , host, content-length',
    'Connection: ,,txn-token,,',
  ])('R52: "%s" removes no header that the gateway sets', async (field) => {
    const head = await lines(gateway, field);
    expect(said(head, 'txn-token')).toHaveLength(1);
    expect(said(head, 'traceparent')).toHaveLength(1);
    expect(said(head, 'via')).toEqual(['1.1 gateway']);
    expect(said(head, 'x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(said(head, 'host')).toHaveLength(1);
    expect(said(head, 'connection')).toEqual(['keep-alive']);
  });

  it('R52: removes what Connection names, even in two headers', async () => {
    const head = await lines(
      gateway,
      'Connection: X-Secret, x-other',
      'X-Secret: 1',
      'connection: X-THIRD',
      'X-Other: 2',
      'X-Third: 3',
      'X-Fourth: 4',
    );
    expect(heard(head)).not.toMatch(/x-secret|x-other|x-third/i);
    expect(said(head, 'x-fourth')).toEqual(['4']);
  });

  it.each([
    'Keep-Alive: timeout=1000, max=1',
    'Proxy-Connection: keep-alive',
    'Proxy-Authorization: Basic YTpi',
    'TE: trailers',
    'Trailer: X-Late',
    'Upgrade: h2c/unknown',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
    'Expect: 100-continue',
  ])('R53: does not forward the hop-by-hop header "%s"', async (field) => {
    const authorization = field.startsWith('Upgrade') ? [gateway.bearer({ scope: 'catalog.read' })] : [];
    const head = await lines(gateway, field, ...authorization);
    const name = field.slice(0, field.indexOf(':')).toLowerCase();
    expect(said(head, name)).toEqual([]);
  });

  it.each([
    'Txn-Token: eyJhbGciOiJub25lIn0.e30.x',
    'TXN-TOKEN: forged',
    'Txn_Token: forged',
    'X-Txn-Token: forged',
    'Transaction-Token: forged',
    'X-Internal-User: forged',
    'Workload-Identity-Token: forged',
    'X-Request-Id: forged',
    'traceparent: 00-forgedforgedforgedforgedforgedfo-forgedforgedforg-01',
    'tracestate: forged=1',
    'baggage: forged=1',
    'X-User-Id: forged',
    'X-HTTP-Method-Override: forged',
    'X-Original-URL: /internal/forged',
  ])('R51, R58, R74: drops "%s" and sends exactly one token', async (field) => {
    const head = await lines(gateway, field, field);
    expect(heard(head)).not.toMatch(/forged|bm9uZS/);
    expect(said(head, 'txn-token')).toHaveLength(1);
    expect(said(head, 'traceparent')).toHaveLength(1);
  });

  it('R39: forwards neither access token nor cookies unless configured', async () => {
    const bearer = gateway.bearer({ scope: 'catalog.read' });
    const head = await lines(gateway, bearer, 'Cookie: session=secret', 'cookie: b=c');
    expect(heard(head)).not.toMatch(/^(?:authorization|cookie)|secret/im);
    expect(head.join('\n')).not.toContain(bearer.slice('Authorization: Bearer '.length));

    const open = await start({ headers: { forwardAuthorization: true, forwardCookies: true } });
    const passed = open.bearer({ scope: 'catalog.read' });
    const all = await lines(open, passed, 'Cookie: session=secret');
    expect(said(all, 'authorization')).toEqual([passed.slice('Authorization: '.length)]);
    expect(said(all, 'cookie')).toEqual(['session=secret']);
  });

  it('R39: hides cookies from in-process handlers too', async () => {
    const alone = await EdgeGateway.start();
    started.push(alone);
    expect((await alone.get('/catalog/items', 'Cookie: session=secret')).body).not.toContain('secret');
  });

  it.each([
    'X-Forwarded-For: 203.0.113.9',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: evil.example',
    'X-Forwarded-Port: 203',
    'X-Forwarded-Prefix: /evil',
    'Forwarded: for=203.0.113.9;proto=https;host=evil.example',
    'X-Real-IP: 203.0.113.9',
    'X_Forwarded_For: 203.0.113.9',
  ])('R58: does not believe "%s" from an unknown peer', async (field) => {
    const head = await lines(gateway, field);
    expect(heard(head)).not.toMatch(/203|evil|https/);
    expect(said(head, 'x-forwarded-for')).toEqual(['127.0.0.1']);
  });

  it('R46: forwards them from a configured proxy, with one value each', async () => {
    const behind = await start({ headers: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] } });
    const head = await lines(
      behind,
      'X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.1.2.3',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: shop.example',
      'X-Forwarded-Port: 443',
      'Forwarded: for=6.6.6.6',
      'Via: 1.0 fred, 1.1 lb (proxy)',
    );
    expect(said(head, 'x-forwarded-for')).toEqual(['203.0.113.9']);
    expect(said(head, 'x-forwarded-proto')).toEqual(['https']);
    expect(said(head, 'x-forwarded-host')).toEqual(['shop.example']);
    expect(said(head, 'forwarded')).toEqual([]);
    expect(said(head, 'via')).toEqual(['1.0 fred, 1.1 lb (proxy), 1.1 gateway']);
    expect(heard(head)).not.toMatch(/6\.6\.6\.6|x-forwarded-port/i);
  });

  it.each(['X-Forwarded-Proto: javascript', 'X-Forwarded-Proto: https, http', 'X-Forwarded-Proto: '])(
    'R46: reduces "%s" from a proxy to http or https',
    async (field) => {
      const behind = await start({ headers: { trustedProxies: ['127.0.0.1'] } });
      expect(['http', 'https']).toContain(said(await lines(behind, field), 'x-forwarded-proto')[0]);
    },
  );

  it('forwards the target byte for byte, an absolute one without its authority', async () => {
    for (const target of ["/catalog/item%73?a=%2F..%2f&b=%zz&c='|{}^`", '/catalog/items?', '/catalog/items?a?b']) {
      const before = upstream.received.length;
      await gateway.get(target);
      expect(upstream.received.slice(before).split(' HTTP/1.1')[0]).toBe(`GET ${target}`);
    }
    const before = upstream.received.length;
    await gateway.get('http://other.example/catalog/items?x=1');
    const head = upstream.received.slice(before);
    expect(head).toMatch(/^GET \/catalog\/items\?x=1 HTTP\/1\.1\r\n/);
    expect(head).toContain('\r\nX-Forwarded-Host: other.example\r\n');
  });

  it('names the protocol version of an HTTP/1.0 request', async () => {
    const before = upstream.received.length;
    await gateway.untilClosed('GET /catalog/items HTTP/1.0\r\nHost: a\r\n\r\n');
    expect(upstream.received.slice(before)).toContain('\r\nVia: 1.0 gateway\r\n');
  });

  it('R55: does not forward trailers', async () => {
    const trailers: unknown[] = [];
    const service = await HttpUpstream.start(async (incoming, response) => {
      trailers.push(await text(incoming), incoming.rawTrailers, incoming.headers.trailer);
      response.writeHead(200, { Trailer: 'Txn-Token', 'Transfer-Encoding': 'chunked' });
      response.addTrailers({ 'Txn-Token': 'forged' });
      response.end('late');
    });
    const before = await start({ forwarding: { upstreams: { catalog: { origin: service.url } } } });
    const response = await before.send(
      'POST /catalog/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: Txn-Token\r\n\r\n' +
        '5\r\nhello\r\n0\r\nTxn-Token: forged\r\nX-Late: 1\r\n\r\n',
    );
    expect(trailers).toEqual(['hello', [], undefined]);
    expect(response.headers['trailer']).toBeUndefined();
    expect(response.body).toBe('4\r\nlate\r\n');
    await service.stop();
  });

  it('sends each request with its own token', async () => {
    const before = upstream.received.length;
    await Promise.all(Array.from({ length: 20 }, () => gateway.get('/orders', gateway.bearer())));
    const tokens = upstream.received.slice(before).match(/(?<=Txn-Token: )\S+/g);
    expect(new Set(tokens).size).toBe(20);
  });
});
