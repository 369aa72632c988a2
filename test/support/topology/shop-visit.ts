import { setTimeout as delay } from 'node:timers/promises';
import type { Shop } from '../../../scripts/lib/shop.mjs';
import { signIn } from '../../../scripts/lib/sign-in.mjs';
import { type Answer, type Call, HttpClient } from '../http-client.js';
import { comparable, type ComparableAnswer, comparableOperations, type Operations } from './comparable.js';
import { type RequestTree, requestTree } from './request-tree.js';

const ROPE = '0197a000-0000-7000-8000-00000000ac02';
const MAGNET = '0197a000-0000-7000-8000-00000000ac03';
const LAMP_OF_GLOBEX = '0197a000-0000-7000-8000-000000009b01';
const NOBODYS = '0197a000-0000-7000-8000-0000000000ff';
const LOG_LIMIT_MS = 120_000;

/** The outcome of one step of a visit, the same in any split. */
export interface Step extends ComparableAnswer {
  readonly operations: Operations;
  /** The name of the process that answered. */
  readonly answeredBy: string;
}

type Caller = (name: string, path: string, call?: Call) => Promise<Answer>;

/** Everything that users do in the shop, right or wrong, and what they were answered. */
export class ShopVisit {
  readonly #answers = new Map<string, Answer>();
  readonly #client: HttpClient;

  private constructor(private readonly shop: Shop) {
    this.#client = new HttpClient(shop.url, 1);
  }

  /** The steps by name, each with its operations from the logs. */
  static async to(shop: Shop): Promise<Map<string, Step>> {
    const visit = new ShopVisit(shop);
    try {
      await visit.#anonymous(visit.#as());
      const [alice, bob, carol, reader] = await Promise.all([
        visit.#login('alice'),
        visit.#login('bob'),
        visit.#login('carol'),
        visit.#login('alice', 'openid orders.read'),
      ]);
      await visit.#goods(alice, bob);
      await visit.#orders(alice, bob, carol, reader);
      await visit.#badRequests(alice);
      await visit.#oddPaths(alice, visit.#as());
      await visit.#badCredentials(alice);
      return await visit.#steps();
    } finally {
      visit.#client.close();
    }
  }

  #as(token?: string): Caller {
    return async (name, path, call = {}) => {
      const headers = { ...(token && { authorization: `Bearer ${token}` }), ...call.headers };
      const answer = await this.#client.call(path, { ...call, headers });
      if (this.#answers.has(name)) throw new Error(`two steps are called "${name}"`);
      this.#answers.set(name, answer);
      return answer;
    };
  }

  async #login(login: string, scope?: string): Promise<Caller> {
    const { accessToken } = await signIn({ login, issuer: this.shop.issuer, ...(scope && { scope }) });
    return this.#as(accessToken as string);
  }

  async #anonymous(nobody: Caller): Promise<void> {
    await nobody('anonymous: public items', '/catalog/items');
    await nobody('anonymous: a public item', `/catalog/items/${ROPE}`);
    await nobody('anonymous: an item that is not public', `/catalog/items/${MAGNET}`);
    await nobody('anonymous: who am I at the gateway', '/me');
    await nobody('anonymous: who am I in a domain', '/orders/me');
    await nobody('anonymous: stock', '/inventory/stock');
    await nobody('anonymous: order', '/orders', { method: 'POST', body: { lines: [{ itemId: ROPE, quantity: 1 }] } });
    await nobody('anonymous: HEAD', '/catalog/items', { method: 'HEAD' });
  }

  async #goods(alice: Caller, bob: Caller): Promise<void> {
    for (const place of ['', '/catalog', '/inventory', '/orders'])
      await alice(`me at ${place || 'gateway'}`, `${place}/me`);
    await alice('items of the tenant', '/catalog/items');
    const page = await alice('items, first page', '/catalog/items?limit=2');
    await alice('items, next page', `/catalog/items?limit=2&cursor=${page.json<{ nextCursor: string }>().nextCursor}`);
    const gear = { sku: 'gear', name: 'Gear', price: 700, currency: 'EUR', public: true };
    const { id } = (await alice('new item', '/catalog/items', { method: 'POST', body: gear })).json<{ id: string }>();
    await alice('new item again', '/catalog/items', { method: 'POST', body: gear });
    await bob('new item without the permission', '/catalog/items', { method: 'POST', body: gear });
    // Of the seed's items alone: the new one's random id may come before theirs.
    await alice('stock, first page', '/inventory/stock?limit=1');
    await alice('stock of an item that has none', `/inventory/stock/${id}`);
    await alice('set stock', `/inventory/stock/${id}`, { method: 'PUT', body: { onHand: 7 } });
    await bob('set stock without the permission', `/inventory/stock/${id}`, { method: 'PUT', body: { onHand: 8 } });
    await alice('stock', `/inventory/stock/${id}`);
  }

  async #orders(alice: Caller, bob: Caller, carol: Caller, reader: Caller): Promise<void> {
    const order = (quantity: number, itemId = ROPE): Call => ({
      method: 'POST',
      body: { lines: [{ itemId, quantity }] },
    });
    const keyed = (call: Call, key: string): Call => ({ ...call, headers: { 'idempotency-key': key } });

    await alice('no orders yet', '/orders');
    const { id } = (await alice('order', '/orders', order(2))).json<{ id: string }>();
    await alice('order with a key', '/orders', keyed(order(3), 'one'));
    await alice('the same again', '/orders', keyed(order(3), 'one'));
    await alice('other lines, same key', '/orders', keyed(order(4), 'one'));
    await alice('an invalid key', '/orders', keyed(order(4), 'not a key'));
    await alice('out of stock', '/orders', keyed(order(9_999), 'much'));
    await alice('out of stock again', '/orders', keyed(order(9_999), 'much'));
    await alice('two kinds', '/orders', {
      method: 'POST',
      body: {
        lines: [
          { itemId: MAGNET, quantity: 1 },
          { itemId: ROPE, quantity: 1 },
        ],
      },
    });
    await alice('an unknown item', '/orders', order(1, NOBODYS));
    await alice('the item of another tenant', '/orders', order(1, LAMP_OF_GLOBEX));
    await bob('order without the permission', '/orders', order(1));
    await reader('order beyond the scope', '/orders', order(1));
    await reader('read within the scope', `/orders/${id}`);
    await reader('who am I with less scope', '/me');
    await alice('the order', `/orders/${id}`);
    await carol('the order of another tenant', `/orders/${id}`);
    await carol('orders of another tenant', '/orders');
    await alice('no such order', `/orders/${NOBODYS}`);
    const page = await alice('orders, first page', '/orders?limit=2');
    const { nextCursor } = page.json<{ nextCursor: string }>();
    await alice('orders, next page', `/orders?limit=2&cursor=${nextCursor}`);
    await bob('cancel without the permission', `/orders/${id}/cancel`, { method: 'POST' });
    await alice('cancel', `/orders/${id}/cancel`, { method: 'POST' });
    await alice('cancel again', `/orders/${id}/cancel`, { method: 'POST' });
    await alice('the cancelled order', `/orders/${id}`);
    await alice('stock after all of it', `/inventory/stock/${ROPE}`);
  }

  async #badRequests(alice: Caller): Promise<void> {
    const post = (body: string, type = 'application/json'): Call => ({
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
    await alice('no body', '/orders', { method: 'POST' });
    await alice('broken JSON', '/orders', post('{"lines":['));
    await alice('no lines', '/orders', post('{"lines":[]}'));
    await alice('unknown keys', '/orders', post('{"lines":[],"tenantId":"globex"}'));
    await alice('prototype keys', '/orders', post('{"__proto__":{"admin":true}}'));
    await alice('XML', '/orders', post('<order/>', 'application/xml'));
    await alice('two megabytes', '/catalog/items', post(JSON.stringify({ name: 'x'.repeat(2_000_000) })));
    await alice('a wrong query', '/orders?limit=many');
    await alice('a wrong identifier', '/orders/first');
    await alice('a wrong stock', `/inventory/stock/${ROPE}`, { method: 'PUT', body: { onHand: -1 } });
  }

  async #oddPaths(alice: Caller, nobody: Caller): Promise<void> {
    const paths = ['/nowhere', '/orders/', '//orders', '/Orders', '/%6frders/me', '/orders%2fme', '/orders/me/'];
    for (const path of [...paths, '/orders/./me', '/orders;a=1', '/orders/a/b/c', '/orders/%FF', '/?x=1']) {
      await alice(`path ${path}`, path);
      await nobody(`anonymous path ${path}`, path);
    }
    for (const path of [
      '/internal/inventory/reserve',
      '/internal/orders/place',
      '/.well-known/jwks.json',
      '/health/ready',
    ]) {
      await alice(`from outside: ${path}`, path, { method: path.startsWith('/internal') ? 'POST' : 'GET' });
    }
    for (const method of ['DELETE', 'PATCH', 'OPTIONS', 'PUT']) await alice(`${method} /orders`, '/orders', { method });
    await alice('DELETE an item', `/catalog/items/${ROPE}`, { method: 'DELETE' });
  }

  async #badCredentials(alice: Caller): Promise<void> {
    const own = (headers: Record<string, string>): Call => ({ headers });
    await alice('no token at all', '/me', own({ authorization: 'Bearer' }));
    await alice('not a token', '/orders', own({ authorization: 'Bearer x.y.z' }));
    await alice('an invalid token where none is needed', '/catalog/items', own({ authorization: 'Bearer x.y.z' }));
    await alice('Basic', '/orders', own({ authorization: 'Basic YTpi' }));
    await alice('a token made up by the client', '/orders/me', own({ 'txn-token': 'x.y.z' }));
    await alice(
      'an id made up by the client',
      '/orders/me',
      own({ 'x-request-id': '1', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }),
    );
  }

  async #steps(): Promise<Map<string, Step>> {
    const steps = new Map<string, Step>();
    const ids = new Map<string, string>();
    for (const [name, answer] of this.#answers) {
      const { root, processOf } = await this.#tree(String(answer.headers['x-request-id']));
      const answeredBy = processOf((root.children[0] ?? root).span);
      steps.set(name, { ...comparable(answer, ids), operations: comparableOperations(root), answeredBy });
    }
    return steps;
  }

  /** The last lines of a request follow its answer. */
  async #tree(txn: string): Promise<RequestTree> {
    const deadline = Date.now() + LOG_LIMIT_MS;
    for (;;) {
      const tree = requestTree(txn, this.shop.log.ofTransaction(txn));
      if (tree !== undefined) return tree;
      if (Date.now() > deadline) throw new Error(`the log of ${txn} has no end:\n${this.shop.lastWords()}`);
      await delay(20);
    }
  }
}
