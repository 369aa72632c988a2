import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { EdgeGateway } from '../support/edge-gateway.js';
import { type EdgeService, startSplit } from '../support/edge-service.js';
import { ask, type RawResponse } from '../support/raw-http.js';

const SCOPE = 'orders.read catalog.read';

/** The handler that answers and its parameters, or the status of a refusal. */
function verdict({ status, body }: RawResponse): unknown {
  if (status >= 400) return status;
  const { handler, id, section, page } = JSON.parse(body) as Record<string, unknown>;
  return { handler, id, section, page };
}

/** Path forms with an answer: gateway, monolith and service must find the same handler and parameters. */
const ANSWERED = [
  '/orders',
  '/orders?',
  '/orders?a=/internal/orders/secret',
  '/orders?a=b?c=d',
  '/orders?%2e%2e/',
  '/orders?a=%00',
  '/orders?;a',
  '/%6frders',
  '/%6Frders',
  '/order%73',
  '/%6f%72%64%65%72%73',
  '/orders/me',
  '/orders/m%65',
  '/orders/%6de',
  '/orders/me?x',
  '/orders/ME',
  '/orders/Me',
  '/orders/7',
  '/orders/%37',
  '/orders/a%20b',
  '/orders/a+b',
  '/orders/a;b=c',
  '/orders/;',
  '/orders/a:b',
  '/orders/a@b',
  '/orders/a,b',
  '/orders/a~b',
  '/orders/~',
  '/orders/...',
  '/orders/.a',
  '/orders/a.',
  '/orders/a..b',
  '/orders/%3F',
  '/orders/a%3Fb',
  '/orders/a%23b',
  '/orders/a%25b',
  '/orders/%E6%9D%B1',
  '/orders/%e6%9d%b1',
  '/orders/caf%C3%A9',
  "/orders/(a)*b!$&'=",
  '/orders/constructor',
  '/orders/__proto__',
  '/orders/toString',
  `/orders/${'x'.repeat(100)}`,
  '/catalog/items',
  '/catalog/items?page=2&page=3',
  '/catalog/item%73',
  '/Catalog/items',
  '/catalog/Items',
  '/catalog/items;v=1',
  '/orders;a/b',
  '/ORDERS/7',
  '/about/us',
  '/a/b?c',
  '/constructor/prototype',
  'http://api.example.test/orders/7',
  'http://api.example.test/orders?x',
  'HTTP://other.example.test:8080/orders/me',
] as const;

/** Path forms that no router should have to read. */
const REFUSED = [
  ['/', 404],
  ['//', 404],
  ['//orders', 404],
  ['/orders/', 404],
  ['/orders//', 404],
  ['/orders//7', 404],
  ['//orders/7', 404],
  ['/orders/7/', 404],
  ['/orders/7/8', 404],
  ['/Orders', 404],
  ['/orders;x', 404],
  ['/health/ready', 404],
  ['/health/read%79', 404],
  ['/orders/.', 400],
  ['/orders/..', 400],
  ['/orders/./7', 400],
  ['/catalog/../orders', 400],
  ['/catalog/..;/orders', 400],
  ['/catalog/%2e%2e/orders', 400],
  ['/catalog/%2E%2E/orders', 400],
  ['/catalog/.%2e/orders', 400],
  ['/orders/a%2fb', 400],
  ['/orders/a%2Fb', 400],
  ['/orders%2f7', 400],
  ['/orders/a%5cb', 400],
  ['/orders/a\\b', 400],
  ['/orders/a%00', 400],
  ['/orders/a%0d%0aX:y', 400],
  ['/orders/a%252fb', 400],
  ['/orders/%c0%af', 400],
  ['/orders/%', 400],
  ['/orders/%zz', 400],
  ['/orders/%u0037', 400],
  ['/orders/7#x', 400],
  ['orders/7', 400],
  ['*', 400],
  ['/internal', 404],
  ['/internal/orders/secret', 404],
  ['/internal/orders/secret/', 404],
  ['/INTERNAL/orders/secret', 404],
  ['/%69nternal/orders/secret', 404],
  ['/%49NTERNAL/orders/secret', 404],
  ['//internal/orders/secret', 404],
  ['///internal///orders/secret', 404],
  ['/internal;a/orders/secret', 404],
  ['/internal%20/orders/secret', 404],
  ['/%20internal/orders/secret', 404],
  ['/%ef%bd%89nternal/orders/secret', 404],
  ['/orders/../internal/orders/secret', 400],
  ['/orders/..%2finternal/orders/secret', 400],
  ['/orders/%252e%252e/internal/orders/secret', 400],
  ['/internal%2forders%2fsecret', 400],
  ['/internal%5corders%5csecret', 400],
  ['/internal\\orders\\secret', 400],
  ['/internal%00/orders/secret', 400],
  ['http://api.example.test/internal/orders/secret', 404],
  ['http://api.example.test/%69nternal/orders/secret', 404],
  ['http://internal/internal/orders/secret', 404],
] as const;

describe('path spellings at the gateway and at the service behind it', () => {
  let gateway: EdgeGateway;
  let service: EdgeService;
  let monolith: EdgeGateway;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ gateway, service, close } = await startSplit());
    monolith = await EdgeGateway.start();
  });
  afterAll(async () => {
    await close();
    await monolith.close();
  });

  it('compares many forms', () => expect(ANSWERED.length + REFUSED.length).toBeGreaterThan(100));

  it.each(ANSWERED)('reads %s the same way everywhere', async (path) => {
    const forwarded = await gateway.get(path, gateway.bearer({ scope: SCOPE }));
    const handed = await monolith.get(path, monolith.bearer({ scope: SCOPE }));
    const token = await gateway.internalToken(SCOPE);
    const direct = await ask(service.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nTxn-Token: ${token}\r\n\r\n`);
    expect(forwarded.status).toBe(200);
    expect(verdict(forwarded)).toEqual(verdict(direct));
    expect(verdict(forwarded)).toEqual(verdict(handed));
  });

  it.each(ANSWERED)('reads %s the same way everywhere, with HEAD', async (path) => {
    const authorization = `Bearer ${gateway.issuer.token({ scope: SCOPE })}`;
    const outgoing = request({ port: gateway.port, method: 'HEAD', path, headers: { authorization }, agent: false });
    const [response] = (await once(outgoing.end(), 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(200);
    expect(response.headers.via).toBe('1.1 gateway');
  });

  it.each(REFUSED)('refuses %s at the gateway with %i, without reaching a service', async (path, status) => {
    const signed = gateway.tokens.signed;
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const { responses } = await gateway.untilClosed(
        `${method} ${path} HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\nConnection: close\r\n\r\n`,
      );
      expect(responses).toHaveLength(1);
      expect(responses[0]?.status).toBe(status);
      expect(responses[0]?.body).not.toContain('secret"');
    }
    expect(gateway.tokens.signed).toBe(signed);
  });

  it('finds the secret from inside with a token (the control)', async () => {
    const direct = await ask(
      service.port,
      `GET /internal/orders/secret HTTP/1.1\r\nHost: a\r\nTxn-Token: ${await gateway.internalToken()}\r\n\r\n`,
    );
    expect(direct.body).toContain('internal.secret');
  });
});
