import { Shop } from '../../scripts/lib/shop.mjs';
import { signIn } from '../../scripts/lib/sign-in.mjs';
import { DOMAINS } from '../../scripts/lib/topology.mjs';
import { HttpClient } from '../support/http-client.js';
import { openShopDatabase, type ShopDatabase } from '../support/topology/shop-database.js';
import { ShopVisit, type Step } from '../support/topology/shop-visit.js';
import { WireTap } from '../support/topology/wire-tap.js';
import { tokensOf, txnOf } from '../support/topology/wire-tokens.js';

const ROPE = '0197a000-0000-7000-8000-00000000ac02';

/** Every set of domains that can run as processes of their own; the first is the monolith. */
const SPLITS: string[][] = DOMAINS.reduce<string[][]>(
  (splits, domain) => [...splits, ...splits.map((split) => [...split, domain])],
  [[]],
);

const ROUTES: Record<string, string[]> = {
  catalog: ['/catalog/items', '/catalog/me', '/internal/catalog/findItems'],
  inventory: ['/inventory/stock', '/inventory/me', '/internal/inventory/reserve'],
  orders: ['/orders', '/orders/me', '/internal/orders/place'],
};

describe.each(SPLITS.map((extracted) => [extracted.join(', ') || 'nothing', extracted] as const))(
  'the shop with %s extracted',
  (_name, extracted) => {
    let database: ShopDatabase;
    let shop: Shop;
    let steps: Map<string, Step>;
    const taps: { readonly wire: string; readonly tap: WireTap }[] = [];

    beforeAll(async () => {
      database = await openShopDatabase();
      shop = await Shop.start({
        extracted,
        settings: database.settings,
        route: async (from: string, to: string, url: string) => {
          const tap = await WireTap.open(url);
          taps.push({ wire: `${from} → ${to}`, tap });
          return tap.url;
        },
      });
      steps = await ShopVisit.to(shop);
      if (extracted.length === 0) monolith = steps;
    });

    afterAll(async () => {
      await shop?.stop();
      await Promise.all(taps.map(({ tap }) => tap.close()));
      await database?.drop();
    });

    const each = (part: (step: Step) => unknown, of: Map<string, Step> = steps): Record<string, unknown> =>
      Object.fromEntries([...of].map(([name, step]) => [name, part(step)]));

    it("gives the monolith's answers, field by field", () => {
      expect(steps.size).toBeGreaterThan(80);
      const answers = ({ status, body }: Step): unknown => ({ status, body });
      expect(each(answers)).toEqual(each(answers, monolith));
    });

    it("gives the monolith's response headers", () => {
      expect(each(({ headers }) => headers)).toEqual(each(({ headers }) => headers, monolith));
    });

    it('R54: adds Via to forwarded answers, and to no others', () => {
      const expected = ({ answeredBy }: Step): unknown => (answeredBy === 'gateway' ? undefined : '1.1 gateway');
      expect(each(({ via }) => via)).toEqual(each(expected));
      expect(new Set([...steps.values()].map(({ answeredBy }) => answeredBy))).toEqual(
        new Set(['gateway', ...extracted]),
      );
    });

    it('R77: answers on no other listener without an internal token, public routes included', async () => {
      const inGateway = DOMAINS.filter((domain) => !extracted.includes(domain));
      const doors = [
        ...extracted.flatMap((domain) => ROUTES[domain]?.map((route) => shop.addressOf(domain) + route) ?? []),
        ...inGateway.flatMap((domain) => ROUTES[domain]?.map((route) => shop.internalUrl + route) ?? []),
      ];
      expect(doors).toHaveLength(9);
      const { accessToken } = await signIn({ login: 'alice', issuer: shop.issuer });
      for (const headers of [{}, { authorization: `Bearer ${accessToken}` }, { 'txn-token': accessToken as string }]) {
        const answers = await Promise.all(
          doors.map((url) => fetch(url, { method: url.includes('/internal/') ? 'POST' : 'GET', headers })),
        );
        expect(answers.map(({ status }) => status)).toEqual(doors.map(() => 401));
      }
    });

    it('R89: the internal token has the same bytes on every wire that an order passes', async () => {
      const before = taps.map(({ tap }) => tap.heads.length);
      const { accessToken } = await signIn({ login: 'alice', issuer: shop.issuer });
      const client = new HttpClient(shop.url, 1);
      const body = { lines: [{ itemId: ROPE, quantity: 1 }] };
      const order = await client.as(accessToken as string)('/orders', { method: 'POST', body });
      client.close();
      expect([order.status, order.text]).toEqual([201, order.text]);

      const heads = taps.flatMap(({ wire, tap }, index) =>
        tap.heads.slice(before[index]).map((head) => ({ wire, head })),
      );
      const ordersApart = extracted.includes('orders');
      const wireTo = (domain: string) => {
        if (extracted.includes(domain)) return `${ordersApart ? 'orders' : 'gateway'} → ${domain}`;
        return ordersApart ? 'orders → internal' : undefined;
      };
      const passed = [
        [ordersApart ? 'gateway → orders' : undefined, '/orders'],
        [wireTo('catalog'), '/internal/catalog/findItems'],
        [wireTo('inventory'), '/internal/inventory/reserve'],
        [wireTo('inventory'), '/internal/inventory/confirm'],
      ].filter(([wire]) => wire !== undefined);
      expect(heads).toHaveLength(passed.length);
      expect(heads.map(({ wire, head }) => [wire, head.target])).toEqual(expect.arrayContaining(passed));
      const tokens = new Set(tokensOf(heads.map(({ head }) => head)));
      expect([...tokens].map(txnOf)).toEqual(passed.length > 0 ? [order.headers['x-request-id']] : []);
    });

    it('R126: leaves the same trees of operations in the logs', () => {
      expect(each(({ operations }) => operations)).toEqual(each(({ operations }) => operations, monolith));
    });
  },
);

let monolith: Map<string, Step>;
