import { Shop } from '../../../scripts/lib/shop.mjs';
import { DOMAINS } from '../../../scripts/lib/topology.mjs';
import { drillSize } from '../../support/drills/drill-size.js';
import { HttpClient, inParallel } from '../../support/http-client.js';
import { FileIssuer } from '../../support/topology/file-issuer.js';
import { seeded } from '../../support/topology/random.js';
import { eachOperation, requestTree } from '../../support/topology/request-tree.js';
import { openShopDatabase, type ShopDatabase } from '../../support/topology/shop-database.js';
import { serverIsThere } from '../../support/storage/test-server.js';
import { WireTap } from '../../support/topology/wire-tap.js';
import type { Seen } from '../../support/topology/witness/witness.controller.js';
import { WitnessChain } from '../../support/topology/witness/witness-chain.js';

const USERS = drillSize({ ci: 200, full: 1_000 });
/** Ten of them get a database connection; many more would wait for longer than a slow machine allows. */
const AT_ONCE = 40;
/** An embedded database runs one after the other. */
const SHOPPERS_AT_ONCE = serverIsThere ? AT_ONCE : 16;
const SLOWEST_MS = 12;

interface Me {
  readonly userId: string;
  readonly tenantId: string;
  readonly tokenId: string;
}

const random = seeded(20261123);
/** Every chunk on every wire is delayed differently, so that requests overtake each other at each hop. */
const delay = (): number => Math.floor(random() * SLOWEST_MS);
const user = (index: number): string => `user-${index}`;

describe(`${USERS} interleaved users in a chain of services, each with a table of its callers`, () => {
  const TENANTS = 10;
  let chain: WitnessChain;
  let client: HttpClient;
  const tenant = (index: number): string => `tenant-${index % TENANTS}`;

  beforeAll(async () => {
    chain = await WitnessChain.start({ calls: { w_a: ['w_b', 'w_c'], w_b: ['w_c'], w_c: [] }, delay });
    client = new HttpClient(chain.gateway.url, AT_ONCE);
  });

  afterAll(async () => {
    client?.close();
    await chain?.stop();
  });

  it('R94: each service acts for the right user in the right request, every time', async () => {
    const ids: string[] = [];
    const wrong: string[] = [];
    await inParallel(USERS, AT_ONCE, async (index) => {
      const call = client.as(chain.issuer.token(user(index), tenant(index)));
      const answer = await call('/w_a/visits', { method: 'POST' });
      const txn = String(answer.headers['x-request-id']);
      ids[index] = txn;
      const expected = ['w_a', 'w_b', 'w_c', 'w_c'].map((service) => ({ service, userId: user(index), txn }));
      const seen = answer.status === 201 ? answer.json<Seen[]>() : answer.text;
      if (JSON.stringify(seen) !== JSON.stringify(expected))
        wrong.push(`${user(index)} ${txn}: ${JSON.stringify(seen)}`);
    });
    expect(wrong).toEqual([]);
    expect(new Set(ids).size).toBe(USERS);

    // What each service has written, tenant by tenant.
    for (const [name, visits] of [
      ['w_a', 1],
      ['w_b', 1],
      ['w_c', 2],
    ] as const) {
      const written: string[] = [];
      for (let index = 0; index < TENANTS; index++) {
        const rows = await client.as(chain.issuer.token(user(index), tenant(index)))(`/${name}/visits`);
        for (const { user_id, txn } of rows.json<{ user_id: string; txn: string }[]>()) {
          written.push(`${tenant(index)} ${user_id} ${txn}`);
        }
      }
      const expected = ids.flatMap(
        (txn, index) => Array(visits).fill(`${tenant(index)} ${user(index)} ${txn}`) as string[],
      );
      expect(written.sort()).toEqual(expected.sort());
    }
  });

  it('has users share kept connections on every wire', () => {
    for (const [wire, tap] of chain.taps) {
      const requests = tap.heads.length;
      if (requests < USERS) continue;
      // How many are kept depends on how long the machine leaves them idle.
      expect([wire, tap.connections < requests]).toEqual([wire, true]);
    }
    expect(chain.taps.get('w_b → w_c')?.heads).toHaveLength(USERS);
  });
});

describe(`${USERS} interleaved users in the shop, each with a tenant of its own`, () => {
  let database: ShopDatabase;
  let issuer: FileIssuer;
  let shop: Shop;
  let client: HttpClient;
  const taps: WireTap[] = [];

  beforeAll(async () => {
    database = await openShopDatabase();
    issuer = await FileIssuer.create();
    shop = await Shop.start({
      extracted: DOMAINS,
      settings: database.settings,
      gatewaySettings: issuer.settings,
      route: async (_from: string, _to: string, url: string) => {
        const tap = await WireTap.open(url, { delay });
        taps.push(tap);
        return tap.url;
      },
    });
    client = new HttpClient(shop.url, SHOPPERS_AT_ONCE);
  });

  afterAll(async () => {
    client?.close();
    await shop?.stop();
    await Promise.all(taps.map((tap) => tap.close()));
    await issuer?.close();
    await database?.drop();
  });

  it('R94, R117: each order, its item, its stock and every line about it belong to the user who asked', async () => {
    const wrong: string[] = [];
    const orders: string[] = [];
    const expectOf = (index: number, what: string, kept: boolean, found: unknown): void => {
      if (!kept) wrong.push(`${user(index)}, ${what}: ${JSON.stringify(found)}`);
    };
    await inParallel(USERS, SHOPPERS_AT_ONCE, async (index) => {
      const call = client.as(issuer.token(user(index), `tenant-${index}`));
      const item = { sku: user(index), name: `Of ${user(index)}`, price: 1 + index, currency: 'EUR' };
      const created = await call('/catalog/items', { method: 'POST', body: item });
      const { id } = created.json<{ id: string }>();
      await call(`/inventory/stock/${id}`, { method: 'PUT', body: { onHand: index + 2 } });
      const placed = await call('/orders', { method: 'POST', body: { lines: [{ itemId: id, quantity: 2 }] } });
      expectOf(
        index,
        'order',
        placed.status === 201 && placed.json<{ total: number }>().total === 2 * (1 + index),
        placed.text,
      );
      orders.push(String(placed.headers['x-request-id']));
      const stock = await call('/inventory/stock');
      const levels = stock.json<{ stock: { itemId: string; onHand: number }[] }>().stock;
      expectOf(index, 'stock', levels.length === 1 && levels[0]?.itemId === id && levels[0].onHand === index, levels);
      for (const domain of DOMAINS) {
        const answer = await call(`/${domain}/me`);
        const me = answer.json<Me>();
        const right = me.userId === user(index) && me.tenantId === `tenant-${index}`;
        expectOf(index, domain, right && me.tokenId === answer.headers['x-request-id'], me);
      }
    });
    expect(wrong).toEqual([]);
    expect(new Set(orders).size).toBe(USERS);
    await expectTables();
    await shop.stop();
    expect(new Set(orders.map(treeOf))).toEqual(new Set([ORDER_TREE]));
  });

  /** Row-level security does not apply: the server's administrator reads what each service has written. */
  const expectTables = async (): Promise<void> => {
    if (database.query === undefined) return;
    const ordered = await database.query<{ tenant_id: string; placed_by: string; item: string; reserved: string }>(`
      select o.tenant_id, o.placed_by, i.sku as item, r.tenant_id as reserved
      from orders.orders o
      join catalog.items i on i.id = (o.lines -> 0 ->> 'itemId')::uuid and i.tenant_id = o.tenant_id
      join inventory.reservations r on r.order_id = o.id and r.status = 'confirmed'`);
    expect(ordered).toHaveLength(USERS);
    const strangers = ordered.filter(({ tenant_id, placed_by, item, reserved }) => {
      const index = placed_by.replace('user-', '');
      return tenant_id !== `tenant-${index}` || item !== placed_by || reserved !== tenant_id;
    });
    expect(strangers).toEqual([]);
  };

  /** Each line comes from the process it names, and all lines form one tree. */
  const treeOf = (txn: string): string => {
    const tree = requestTree(txn, shop.log.ofTransaction(txn));
    if (tree === undefined) return `${txn} is no tree`;
    const { root, processOf } = tree;
    const operations = [...eachOperation(root)].filter(({ span }) => span.db === undefined);
    return operations
      .map(({ span, call }) => `${call ? `${processOf(call)} → ` : ''}${processOf(span)}: ${span.op}`)
      .join('\n');
  };
});

const ORDER_TREE = `gateway: POST /orders
orders: POST /orders
orders → catalog: catalog.findItems
orders → inventory: inventory.reserve
orders → inventory: inventory.confirm`;
