import { Shop } from '../../../scripts/lib/shop.mjs';
import { signIn } from '../../../scripts/lib/sign-in.mjs';
import { drillSize } from '../../support/drills/drill-size.js';
import { HttpClient, inParallel } from '../../support/http-client.js';
import { openShopDatabase, type ShopDatabase } from '../../support/topology/shop-database.js';

const REQUESTS = drillSize({ ci: 10_000, full: 100_000 });
const USERS = ['alice', 'bob', 'carol'];

interface Me {
  readonly tokenId: string;
  readonly userId: string;
}

describe('one internal token per request', () => {
  let database: ShopDatabase;
  let monolith: Shop;
  let client: HttpClient;
  let tokens: string[];

  beforeAll(async () => {
    database = await openShopDatabase();
    monolith = await Shop.start({ settings: database.settings });
    client = new HttpClient(monolith.url);
    const { issuer } = monolith;
    const logins = await Promise.all(USERS.map((login) => signIn({ login, issuer })));
    tokens = logins.map(({ accessToken }) => accessToken);
  });

  afterAll(async () => {
    client?.close();
    await monolith?.stop();
    await database?.drop();
  });

  it(`R13, R41, R117: gives ${REQUESTS} requests ${REQUESTS} ids, each on every line of its own request and on no other`, async () => {
    const ids = new Set<string>();
    const wrong: string[] = [];
    await inParallel(REQUESTS, 32, async (index) => {
      const user = index % USERS.length;
      const answer = await client.as(tokens[user] ?? '')('/catalog/me');
      const me = answer.json<Me>();
      ids.add(me.tokenId);
      const right = answer.status === 200 && me.userId === USERS[user] && answer.headers['x-request-id'] === me.tokenId;
      if (!right) wrong.push(`${answer.status} ${answer.text}`);
    });
    expect(wrong).toEqual([]);
    expect(ids.size).toBe(REQUESTS);

    // The process answers before its last lines are read here.
    await monolith.stop();
    const operations = new Map<string, string[]>();
    for (const { txn, service, kind, ev, op } of monolith.log.lines) {
      if (!ids.has(txn)) continue;
      const lines = operations.get(txn) ?? [];
      lines.push(`${service} ${kind} ${ev} ${op}`);
      operations.set(txn, lines);
    }
    expect(operations.size).toBe(REQUESTS);
    const shapes = new Set([...operations.values()].map((lines) => lines.sort().join('\n')));
    expect([...shapes]).toEqual(['catalog internal end GET /catalog/me\ngateway server end GET /catalog/me']);
    expect(monolith.log.others).toEqual([]);
  }, 600_000);
});
