import { connect, type Socket } from 'node:net';
import { Shop } from '../../../scripts/lib/shop.mjs';
import { DOMAINS } from '../../../scripts/lib/topology.mjs';
import { drillSize } from '../../support/drills/drill-size.js';
import { FrontDoor } from '../../support/drills/front-door.js';
import { Load } from '../../support/drills/load.js';
import { until } from '../../support/drills/until.js';
import { HttpClient } from '../../support/http-client.js';
import { describeServer } from '../../support/storage/test-server.js';
import { FileIssuer } from '../../support/topology/file-issuer.js';
import { openShopDatabase, type ShopDatabase } from '../../support/topology/shop-database.js';

const { restarts, requests } = drillSize({
  ci: { restarts: 1, requests: 160 },
  full: { restarts: 3, requests: 2_400 },
});
const WORKERS = 6;
const ITEM = '0197a000-0000-7000-8000-00000000ac01';
const STOCK = 900_000;
const PROCESSES = ['gateway', ...DOMAINS];
/** Before and after each restart; those during it come on top. */
const BETWEEN = Math.ceil(requests / (PROCESSES.length * restarts * 2));
/** Guards against hanging. */
const LIMIT_MS = 1_200_000;

// Two processes of one domain need a shared database.
describeServer('processes that are restarted while people order', () => {
  const doors = new Map<string, FrontDoor>();
  let database: ShopDatabase;
  let issuer: FileIssuer;
  let shop: Shop;
  let client: HttpClient;
  let idler: HttpClient;
  let alice: ReturnType<HttpClient['as']>;
  let load: Load;
  let ordered = 0;

  const doorTo = async (name: string, url: string): Promise<string> => {
    const door = doors.get(name) ?? (await FrontDoor.open(url));
    doors.set(name, door);
    return door.url;
  };

  const order = async () => {
    const answer = await alice('/orders', { method: 'POST', body: { lines: [{ itemId: ITEM, quantity: 1 }] } });
    if (answer.status === 201) ordered += 1;
    return answer;
  };

  /** An event stream that ends only with its process. */
  const watch = async (): Promise<number> => (await client.call('/__dev/requests')).status;

  /** A client that keeps one idle connection while a process ends. */
  const idle = async (): Promise<number> =>
    (await idler.as(issuer.token('alice', 'acme'))('/catalog/items?limit=1')).status;

  /** How often processes of this name have logged a shutdown. */
  const farewells = (name: string): number =>
    shop.log.lines.filter(({ process, msg }) => process === name && String(msg).startsWith('shutting down')).length;

  const stock = async () =>
    (await alice(`/inventory/stock/${ITEM}`)).json<{ readonly onHand: number; readonly reserved: number }>();

  beforeAll(async () => {
    [database, issuer] = [await openShopDatabase(), await FileIssuer.create()];
    shop = await Shop.start({
      extracted: DOMAINS,
      settings: { SHUTDOWN_DELAY_MS: '1000', SHUTDOWN_DEADLINE_MS: '60000', ...database.settings },
      gatewaySettings: issuer.settings,
      route: (_from, to, url) => doorTo(to, url),
    });
    client = new HttpClient(await doorTo('gateway', shop.url));
    idler = new HttpClient(await doorTo('gateway', shop.url), 1);
    alice = client.as(issuer.token('alice', 'acme'));
    const { status } = await alice(`/inventory/stock/${ITEM}`, { method: 'PUT', body: { onHand: STOCK } });
    expect(status).toBe(200);
    load = new Load([
      order,
      () => alice('/catalog/items?limit=1'),
      () => alice('/inventory/stock?limit=1'),
      () => alice('/orders?limit=1'),
    ]).start(WORKERS);
  });

  afterAll(async () => {
    client?.close();
    idler?.close();
    await shop?.stop();
    for (const door of doors.values()) await door.close();
    await issuer?.close();
    await database?.drop();
  });

  it(
    'R163, R164: answers every request that a process has accepted, and each process exits with 0',
    async () => {
      const ends: unknown[] = [];
      const streams: Promise<number>[] = [];
      for (let round = 0; round < restarts; round += 1) {
        const old = await Promise.all(PROCESSES.map((name) => shop.replace(name)));
        for (const [index, name] of PROCESSES.entries()) {
          await load.more(BETWEEN);
          if (name === 'gateway') streams.push(watch());
          expect(await idle()).toBe(200);
          const told = farewells(name);
          old[index]?.signal('SIGTERM');
          await until(`${name} says that it shuts down`, () => farewells(name) > told);
          doors.get(name)?.leadTo(shop.addressOf(name));
          ends.push(old[index]?.ended);
          await load.more(BETWEEN);
        }
      }
      expect(await Promise.all(ends)).toEqual(ends.map(() => ({ code: 0, signal: null })));
      // Each ended completely: a truncated answer is an error.
      expect(await Promise.all(streams)).toEqual(streams.map(() => 200));
      expect(await idle()).toBe(200);
      expect(load.refusals).toEqual([]);
    },
    LIMIT_MS,
  );

  it('R163: loses none of these requests, and counts no order twice or half', async () => {
    await load.stop();
    expect(load.refusals).toEqual([]);
    expect(load.requests).toBeGreaterThanOrEqual(requests);
    expect(ordered).toBeGreaterThan(0);
    expect(await stock()).toMatchObject({ onHand: STOCK - ordered, reserved: 0 });
  });

  it('R164: a second signal ends a process at once', async () => {
    // A connection with an unfinished request delays the shutdown until the deadline.
    const socket = await unfinishedRequest(shop.url);
    const gateway = shop.application('gateway');
    const told = farewells('gateway');
    gateway.signal('SIGTERM');
    await until('it says that it shuts down', () => farewells('gateway') > told);
    await until('the end', () => {
      if (!gateway.hasEnded) gateway.signal('SIGTERM');
      return gateway.hasEnded;
    });
    expect(await gateway.ended).toEqual({ code: 143, signal: null });
    socket.destroy();
  });
});

function unfinishedRequest(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  return new Promise((resolve) => socket.write('POST /orders HTTP/1.1\r\n', () => resolve(socket)));
}
