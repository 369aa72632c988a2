import { EdgeGateway, problemIn } from '../support/edge-gateway.js';
import { HttpUpstream, type Serve } from '../support/upstream.js';

describe('service responses that must not leak', () => {
  let upstream: HttpUpstream;
  let other: HttpUpstream;
  let gateway: EdgeGateway;
  let serve: Serve;

  beforeAll(async () => {
    upstream = await HttpUpstream.start((incoming, response) => serve(incoming, response));
    other = await HttpUpstream.start();
    gateway = await EdgeGateway.start({
      edge: { forwarding: { upstreams: { catalog: { origin: upstream.url }, orders: { origin: other.url } } } },
    });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.stop();
    await other.stop();
  });

  const answering = (
    ...fields: readonly string[]
  ): Promise<{ head: string; headers: Readonly<Record<string, string>> }> => {
    serve = (_incoming, response) => {
      response.writeHead(200, [...fields]);
      response.end('{}');
    };
    return gateway.get('/catalog/items');
  };

  it.each([
    ['Txn-Token', 'eyJ.forged.x'],
    ['TXN-TOKEN', 'forged'],
    ['Txn_Token', 'forged'],
    ['X-Txn-Token', 'forged'],
    ['Workload-Identity-Token', 'forged'],
    ['traceparent', '00-forged-forged-01'],
    ['tracestate', 'forged=1'],
    ['traceresponse', '00-forged-forged-01'],
    ['baggage', 'forged=1'],
    ['X-B3-TraceId', 'forged'],
    ['X-Internal-Node', 'forged'],
    ['X-Envoy-Upstream-Service-Time', 'forged'],
    ['X-Forwarded-Server', 'forged'],
    ['Server', 'forged/1.0'],
    ['X-Powered-By', 'forged'],
    ['Alt-Svc', 'h3="forged:443"'],
    ['Keep-Alive', 'timeout=forged'],
    ['Proxy-Authenticate', 'forged'],
    ['Proxy-Authentication-Info', 'forged'],
    ['Trailer', 'forged'],
    ['Upgrade', 'forged'],
    ['WWW-Authenticate', 'Txn-Token realm="forged"'],
    ['www-authenticate', 'TXN-TOKEN realm="forged"'],
  ])('R57: drops the response header %s', async (name, value) => {
    expect((await answering(name, value)).head).not.toMatch(/forged/i);
  });

  it.each([
    [
      'Bearer realm="api", error="invalid_token", Txn-Token realm="forged"',
      'Bearer realm="api", error="invalid_token"',
    ],
    ['Txn-Token realm="forged", error="invalid_token", Basic realm="a, b"', 'Basic realm="a, b"'],
    [
      'Negotiate YWJj==,txn-token realm="forged" ,  Digest nonce = "1", opaque="2"',
      'Negotiate YWJj==, Digest nonce = "1", opaque="2"',
    ],
    ['Bearer realm="say \\"Txn-Token, forged\\"", Txn-Token', 'Bearer realm="say \\"Txn-Token, forged\\""'],
    ['Bearer realm="never closed, Txn-Token realm="forged"', 'Bearer realm="never closed'],
  ])('R57: removes the Txn-Token challenge from %s', async (said, seen) => {
    for (const status of [200, 401]) {
      serve = (_incoming, response) => void response.writeHead(status, ['WWW-Authenticate', said]).end();
      const response = await gateway.get('/catalog/items');
      expect([response.status, response.headers['www-authenticate']]).toEqual([status, seen]);
    }
  });

  it('R57: removes the Txn-Token challenge from separate lines too', async () => {
    serve = (_incoming, response) =>
      void response
        .writeHead(401, ['WWW-Authenticate', 'Txn-Token realm="forged"', 'WWW-Authenticate', 'Basic realm="x"'])
        .end();
    const response = await gateway.get('/catalog/items');
    expect([response.status, response.headers['www-authenticate']]).toEqual([401, 'Basic realm="x"']);
  });

  it.each([600, 999])('R59: turns the invalid status %i into 502', async (status) => {
    serve = (_incoming, response) => void response.writeHead(status).end('forged');
    const response = await gateway.get('/catalog/items');
    expect(problemIn(response)).toMatchObject({ status: 502, code: 'upstream_unreachable' });
  });

  it("R170: sends Retry-After with a 503, the service's own if it has one", async () => {
    for (const [fields, seconds] of [
      [[], '1'],
      [['Retry-After', '7'], '7'],
    ] as const) {
      serve = (_incoming, response) => void response.writeHead(503, [...fields]).end();
      expect((await gateway.get('/catalog/items')).headers['retry-after']).toBe(seconds);
    }
  });

  it('drops Connection and the headers it names', async () => {
    const { head, headers } = await answering('Connection', 'X-Hop, close', 'X-Hop', '1', 'X-Kept', '2');
    expect(head).not.toMatch(/x-hop/i);
    expect(headers).toMatchObject({ 'x-kept': '2', connection: 'keep-alive' });
  });

  it('sends exactly one X-Request-Id, that of the request', async () => {
    const { headers } = await answering('X-Request-Id', 'forged', 'x-request-id', 'forged-too');
    expect(headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
  });

  it('R54: appends itself to Via', async () => {
    expect((await answering()).headers['via']).toBe('1.1 gateway');
    expect((await answering('Via', '1.1 sidecar')).headers['via']).toBe('1.1 sidecar, 1.1 gateway');
  });

  it('R57: names the token in no CORS header', async () => {
    const { headers } = await answering(
      'Access-Control-Expose-Headers',
      'X-A, Txn-Token',
      'Access-Control-Allow-Headers',
      'txn-token',
    );
    expect(headers['access-control-expose-headers']).toBe('X-A');
    expect(headers['access-control-allow-headers']).toBeFalsy();
  });

  it("rewrites internal addresses to the gateway's and keeps all others", async () => {
    for (const [said, seen] of [
      [`${upstream.url}/orders/1?x=1#y`, '/orders/1?x=1#y'],
      [`${other.url}/orders/2`, '/orders/2'],
      [upstream.url.toUpperCase(), '/'],
      [`${upstream.url.slice('http:'.length)}/orders/5`, '/orders/5'],
      [`${upstream.url}//evil.example/x`, '/.//evil.example/x'],
      ['//cdn.example/x', '//cdn.example/x'],
      ['/orders/3', '/orders/3'],
      ['../4', '../4'],
      ['https://login.example/?next=x', 'https://login.example/?next=x'],
      ['', ''],
    ] as const) {
      const { headers } = await answering('Location', said, 'Content-Location', said);
      expect([headers['location'], headers['content-location']]).toEqual([seen, seen]);
    }
  });

  it('passes everything else on: repeated headers, caching, cookies set by the service', async () => {
    const { head } = await answering(
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2; Path=/',
      'Cache-Control',
      'private, no-store',
      'ETag',
      'W/"1"',
      'Content-Type',
      'application/json',
      'X-Own',
      'caf\u00e9',
      '__proto__',
      'x',
      'constructor',
      'y',
    );
    for (const line of [
      'set-cookie: a=1',
      'set-cookie: b=2; Path=/',
      'cache-control: private, no-store',
      'etag: W/"1"',
      'content-type: application/json',
      'x-own: caf\u00e9',
      '__proto__: x',
      'constructor: y',
    ]) {
      expect(head.split('\r\n')).toContain(line);
    }
  });

  it('drops interim responses without disturbing the final one', async () => {
    serve = (_incoming, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</internal.css>; rel=preload', 'x-forged': '1' });
      response.end('{}');
    };
    const { responses } = await gateway.untilClosed(
      'GET /catalog/items HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect(responses.map(({ status }) => status)).toEqual([200]);
    expect(JSON.stringify(responses)).not.toMatch(/forged|internal\.css/);
  });
});
