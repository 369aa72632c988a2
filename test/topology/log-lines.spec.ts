import { Shop } from '../../scripts/lib/shop.mjs';
import { signIn } from '../../scripts/lib/sign-in.mjs';
import { HttpClient } from '../support/http-client.js';
import { openShopDatabase, type ShopDatabase } from '../support/topology/shop-database.js';
import { faultOf } from '../support/log-line/validate.mjs';

const ROPE = '0197a000-0000-7000-8000-00000000ac02';
const KEY_ID = /(?<="kid":")[\w-]{43}(?=")/;
/** Requested by the shop's starter until it is up. */
const PROBE = '/health/ready';

describe('the log of a monolith at its most verbose level', () => {
  let database: ShopDatabase;
  let monolith: Shop;
  let accessToken: string;
  const ids: string[] = [];

  beforeAll(async () => {
    database = await openShopDatabase();
    monolith = await Shop.start({ settings: { LOG_LEVEL: 'verbose', ...database.settings } });
    const client = new HttpClient(monolith.url, 4);
    ({ accessToken } = await signIn({ login: 'alice', issuer: monolith.issuer }));
    const [head = '', payload = '', signature = ''] = accessToken.split('.');
    // Still valid base64url: only the last character may not be arbitrary.
    const middle = signature.length >> 1;
    const forged = signature.slice(0, middle) + (signature[middle] === 'A' ? 'B' : 'A') + signature.slice(middle + 1);
    const alice = client.as(accessToken);
    const order = { lines: [{ itemId: ROPE, quantity: 1 }] };

    const answers = [
      await client.call('/catalog/items'),
      await alice('/me'),
      await alice('/orders', { method: 'POST', body: order, headers: { 'idempotency-key': 'one' } }),
      await alice('/orders', { method: 'POST', body: { lines: [{ itemId: ROPE, quantity: 'many' }] } }),
      await alice('/nowhere'),
      await alice(`/catalog/items?access_token=${accessToken}`),
      await alice(`/catalog/items/${accessToken}`),
      await alice('/me', { headers: { 'txn-token': accessToken, cookie: `session=${accessToken}` } }),
      await client.as(`${head}.${payload}.${forged}`)('/me'),
      await client.as(`${head}.${payload}.`)('/me'),
      await client.as('not-a-token')('/me'),
      await client.call('/me'),
      await client.call('/me', { headers: { authorization: `Basic ${accessToken}` } }),
      await client.call('/me', { headers: { 'user-agent': `x\u0085{"txn":"forged"}` } }),
    ];
    ids.push(...answers.map(({ headers }) => String(headers['x-request-id'])));
    client.close();
    // What it has written is complete once it has ended.
    await monolith.stop();
  });

  afterAll(async () => {
    await monolith?.stop();
    await database?.drop();
  });

  it('R117: has the request id on every line that a request caused, refused requests included', () => {
    for (const id of ids) {
      const lines = monolith.log.ofTransaction(id);
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.filter(({ ev, kind }) => ev === 'end' && kind === 'server')).toHaveLength(1);
    }
    const requestLines = monolith.log.lines.filter(
      ({ ev, kind, route }) => ev === 'end' && kind === 'server' && route !== PROBE,
    );
    expect(new Set(requestLines.map(({ txn }) => txn))).toEqual(new Set(ids));
  });

  it('R126: has one tree of span ids per request', () => {
    for (const id of ids) {
      const spans = monolith.log.ofTransaction(id).filter(({ ev }) => ev === 'end');
      const known = new Set(spans.map(({ span_id }) => span_id));
      expect(known.size).toBe(spans.length);
      expect(spans.filter(({ parent_span_id }) => !known.has(parent_span_id))).toHaveLength(1);
      expect(spans.every(({ trace_id, txn }) => trace_id === txn)).toBe(true);
    }
  });

  it('names the operations of an order across three modules', () => {
    const spans = monolith.log.ofTransaction(ids[2]).filter(({ ev, db }) => ev === 'end' && db === undefined);
    expect(spans.map(({ service, kind, op }) => `${service} ${kind} ${op}`)).toEqual([
      'catalog internal catalog.findItems',
      'inventory internal inventory.reserve',
      'inventory internal inventory.confirm',
      'orders internal POST /orders',
      'gateway server POST /orders',
    ]);
  });

  it('names the kinds of statements of an order, inside its transaction, without values', () => {
    const spans = monolith.log.ofTransaction(ids[2]).filter(({ ev, db }) => ev === 'end' && db !== undefined);
    const transactions = new Map(spans.filter(({ db }) => db === 'transaction').map((each) => [each.span_id, each]));
    expect([...transactions.values()].map(({ op }) => op)).toEqual([
      'orders transaction',
      'catalog transaction',
      'orders transaction',
      'inventory transaction',
      'inventory transaction',
      'orders transaction',
    ]);
    const statements = spans.filter(({ db }) => db !== 'transaction');
    expect(new Set(statements.map(({ op }) => op))).toEqual(
      new Set([
        'select orders',
        'insert orders',
        'update orders',
        'select items',
        'select stock',
        'update stock',
        'insert reservations',
        'select reservations',
        'update reservations',
        'insert reservation_lines',
        'delete reservation_lines',
        'select reservation_lines',
      ]),
    );
    for (const { parent_span_id, service } of statements) {
      expect(transactions.get(parent_span_id)).toMatchObject({ service, op: `${service} transaction` });
    }
    for (const each of spans) {
      expect(each).toMatchObject({ kind: 'client', peer: 'postgresql', status: 'ok' });
      expect(each.text).not.toContain(ROPE);
    }
  });

  it('tells operators, and not the caller, why a token was refused', () => {
    const reasons = monolith.log.ofTransaction(ids[8]).map(({ msg }) => msg);
    expect(reasons.join('\n')).toMatch(/signature/);
  });

  it('is JSON that matches the published schema, line by line', () => {
    const faults = monolith.log.lines.map(({ text }) => faultOf(JSON.parse(text)));
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
    expect(monolith.log.others).toEqual([]);
  });

  it('R115, R116, R120: holds no token or part of one, no key and no user name', () => {
    // A thumbprint may start like a token by chance.
    const log = monolith.log.lines.map(({ text }) => text.replace(KEY_ID, '')).join('\n');
    const secrets = ['eyJ', 'PRIVATE KEY', 'Bearer ', 'alice', ...accessToken.split('.')];
    expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
  });
});
