import { InternalTokenVerifier } from 'nestjs-internal-token';
import { InternalTokenIssuer, reflectRoutes, type RouteDefinition } from 'nestjs-internal-token/gateway';
import { DOMAINS } from '../../apps/gateway/src/domains.js';
import { type Answer, type Call, HttpClient, inParallel } from '../support/http-client.js';
import { InProcessMonolith } from '../support/in-process-monolith.js';

/** From the seed data. */
const ROPE = '0197a000-0000-7000-8000-00000000ac02';
const json = (body: string): Call => ({ headers: { 'content-type': 'application/json' }, body });

/** No route of the shop accepts any of these bodies. */
const BODIES: Record<string, Call> = {
  nothing: {},
  'an empty object': json('{}'),
  null: json('null'),
  'an array': json('[]'),
  'a number beyond doubles': json('1e999'),
  'broken JSON': json('{"lines":[{'),
  'duplicate and prototype keys': json('{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}'),
  'deep nesting': json(`${'['.repeat(20_000)}${']'.repeat(20_000)}`),
  'NUL characters': json(`{"lines":[{"itemId":"a\\u0000b","quantity":1}],"sku":"\\u0000","name":"\\u0000"}`),
  'lone surrogates': json(`{"lines":[{"itemId":"\\ud800","quantity":1}],"name":"\\ud800"}`),
  'unsafe integers': json(`{"lines":[{"itemId":"${ROPE}","quantity":9007199254740993}],"onHand":1e308,"price":-1}`),
  'a fraction': json(`{"lines":[{"itemId":"${ROPE}","quantity":0.5}],"onHand":0.5}`),
  'text for numbers': json(`{"lines":[{"itemId":"${ROPE}","quantity":"1"}],"onHand":"7"}`),
  'unknown keys': json(`{"lines":[{"itemId":"${ROPE}","quantity":1,"price":0}],"onHand":1,"tenantId":"globex"}`),
  'one item twice': json(`{"lines":[{"itemId":"${ROPE}","quantity":1},{"itemId":"${ROPE}","quantity":1}]}`),
  'no lines': json('{"lines":[]}'),
  'ten thousand lines': json(JSON.stringify({ lines: Array(10_000).fill({ itemId: ROPE, quantity: 1 }) })),
  'two megabytes': json(JSON.stringify({ name: 'x'.repeat(2_000_000) })),
  'bytes that are no UTF-8': json('{"name":"\xff\xfe"}'),
  'a form': { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'lines=1&onHand=1' },
  XML: { headers: { 'content-type': 'application/xml' }, body: '<order/>' },
  'a content type that is none': { headers: { 'content-type': ';;;' }, body: '{}' },
  'a wrong charset': { headers: { 'content-type': 'application/json; charset=utf-7' }, body: '{}' },
};

const QUERIES = ['limit=0', 'limit=-1', 'limit=1e9', 'limit=abc', 'cursor=%00', 'cursor=..%2f..', 'unknown=1'];
const IDENTIFIERS = ['x', '%00', "'%20or%201=1--", '..%2f..%2fetc', 'a'.repeat(90), '%F0%9F%92%A9', '__proto__'];

describe('the monolith', () => {
  let monolith: InProcessMonolith;
  let client: HttpClient;
  let alice: ReturnType<HttpClient['as']>;

  beforeAll(async () => {
    monolith = await InProcessMonolith.start();
    client = new HttpClient(monolith.url, 8);
    alice = client.as(await monolith.accessToken('alice'));
  });

  afterAll(async () => {
    client?.close();
    await monolith?.stop();
  });

  describe('invalid input', () => {
    const routes: RouteDefinition[] = DOMAINS.flatMap(({ controllers, name }) => reflectRoutes(controllers, name));
    const withId = (route: RouteDefinition, identifier: string): string => route.path.replace(/:\w+/g, identifier);

    const expectRefusal = (answer: Answer, what: string): void => {
      const { status, headers, text } = answer;
      expect({ what, status: status >= 400 && status < 500 ? '4xx' : status, text }).toMatchObject({ status: '4xx' });
      expect(headers['content-type']).toContain('application/problem+json');
      const problem = answer.json<{ code: string; status: number; request_id: string }>();
      expect(problem).toMatchObject({ code: expect.stringMatching(/^[a-z_]+$/), status });
      expect(problem.request_id).toBe(headers['x-request-id']);
    };

    const writing = routes.filter(
      ({ method, path }) => ['POST', 'PUT', 'PATCH'].includes(method) && !path.endsWith('cancel'),
    );

    it.each(writing.map((route) => [`${route.method} ${route.path}`, route] as const))(
      'answers an invalid body of %s with a 4xx, a code and the request id',
      async (_name, route) => {
        for (const [what, call] of Object.entries(BODIES)) {
          expectRefusal(await alice(withId(route, ROPE), { ...call, method: route.method }), what);
        }
      },
    );

    const listing = routes.filter(({ method, path }) => method === 'GET' && /(items|stock|orders)$/.test(path));

    it.each(listing.map((route) => [`${route.method} ${route.path}`, route] as const))(
      'answers an invalid query of %s with a 4xx, a code and the request id',
      async (_name, route) => {
        for (const query of QUERIES) expectRefusal(await alice(`${route.path}?${query}`), query);
      },
    );

    const identified = routes.filter(({ path }) => path.includes(':'));

    it.each(identified.map((route) => [`${route.method} ${route.path}`, route] as const))(
      'answers an invalid path of %s with a 4xx, a code and the request id',
      async (_name, route) => {
        for (const identifier of IDENTIFIERS) {
          const body = route.method === 'PUT' ? { body: { onHand: 1 } } : {};
          expectRefusal(await alice(withId(route, identifier), { ...body, method: route.method }), identifier);
        }
      },
    );

    it('answers an invalid Idempotency-Key with a 4xx, a code and the request id', async () => {
      const body = { lines: [{ itemId: ROPE, quantity: 1 }] };
      for (const key of ['', ' ', 'x'.repeat(300), 'a b', 'ä']) {
        const headers = { 'idempotency-key': Buffer.from(key).toString('latin1') };
        expectRefusal(await alice('/orders', { method: 'POST', headers, body }), JSON.stringify(key));
      }
    });

    it('creates no order and no item, and changes no stock', async () => {
      const { orders } = (await alice('/orders')).json<{ orders: unknown[] }>();
      expect(orders).toEqual([]);
      const { stock } = (await alice('/inventory/stock')).json<{ stock: { reserved: number }[] }>();
      expect(stock.length).toBeGreaterThan(0);
      expect(stock.every(({ reserved }) => reserved === 0)).toBe(true);
    });
  });

  describe('the internal token', () => {
    const counts = () => {
      const { minted, signed } = monolith.app.get(InternalTokenIssuer, { strict: false });
      const { verified } = monolith.app.get(InternalTokenVerifier, { strict: false });
      return { minted, signed, verified };
    };

    it('R8a, R41: takes one mint per request and no signature or verification, even across three modules', async () => {
      const before = counts();
      const answers: number[] = [];
      await inParallel(200, 8, async (index) => {
        const answer =
          index % 4 === 0
            ? await alice('/orders', { method: 'POST', body: { lines: [{ itemId: ROPE, quantity: 1 }] } })
            : await alice(['/me', '/catalog/items', '/orders/me'][index % 3] ?? '/me');
        answers.push(answer.status);
      });
      const anonymous = await client.call('/catalog/items');
      expect(anonymous.status).toBe(200);
      // Refused before the mint: no token.
      expect((await client.call('/orders')).status).toBe(401);

      expect(answers.filter((status) => status >= 500)).toEqual([]);
      expect(counts()).toEqual({ minted: before.minted + 201, signed: 0, verified: 0 });
    });
  });
});
