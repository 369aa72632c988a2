import { Shop } from '../../../scripts/lib/shop.mjs';
import { DOMAINS } from '../../../scripts/lib/topology.mjs';
import { type Answer, HttpClient } from '../http-client.js';
import { FileIssuer } from '../topology/file-issuer.js';
import { openShopDatabase, type ShopDatabase } from '../topology/shop-database.js';
import { WireTap } from '../topology/wire-tap.js';
import type { Visit } from './load.js';

const ITEM = '0197a000-0000-7000-8000-00000000ac01';
const CONNECTIONS = 16;

interface DrillOptions {
  readonly gatewaySettings: Readonly<Record<string, string>>;
  readonly refreshSeconds?: number;
  /** Where services find the keys. Default: at the first gateway. */
  readonly jwksUri?: (shop: Shop, service: string) => string;
  readonly gateways?: number;
}

interface SpanLine {
  readonly process: string;
  readonly ev?: string;
  readonly kind?: string;
  readonly op?: string;
  readonly status?: number | string;
  readonly msg?: string;
  readonly tok?: { readonly kid?: string };
}

/** One or more gateways and all three services as processes, with a user who places orders. */
export class DrillShop {
  readonly #clients: HttpClient[] = [];

  private constructor(
    readonly shop: Shop,
    private readonly database: ShopDatabase,
    private readonly issuer: FileIssuer,
    private readonly tap: WireTap,
  ) {}

  static async open({ gatewaySettings, refreshSeconds = 0.5, jwksUri = keysOfGateway, gateways = 1 }: DrillOptions) {
    const [database, issuer] = [await openShopDatabase(), await FileIssuer.create()];
    let tap: WireTap | undefined;
    const shop = await Shop.start({
      extracted: DOMAINS,
      gateways,
      settings: database.settings,
      gatewaySettings: { ...issuer.settings, ...gatewaySettings },
      serviceSettings: (service, started) => ({
        INTERNAL_TOKEN_JWKS_URI: jwksUri(started, service),
        INTERNAL_TOKEN_REFRESH_SECONDS: String(refreshSeconds),
      }),
      route: async (from, to, url) => {
        if (from !== 'orders' || to !== 'inventory') return url;
        tap = await WireTap.open(url);
        return tap.url;
      },
    });
    const drill = new DrillShop(shop, database, issuer, tap as unknown as WireTap);
    const { status } = await drill.alice()(`/inventory/stock/${ITEM}`, { method: 'PUT', body: { onHand: 900_000 } });
    if (status !== 200) throw new Error(`stock could not be set: ${status}`);
    return drill;
  }

  /** The user reaches every service, and with an order two of them through the third. */
  visits(gateway = 'gateway'): Visit[] {
    const alice = this.alice(gateway);
    const order = { method: 'POST', body: { lines: [{ itemId: ITEM, quantity: 1 }] } };
    return [
      () => alice('/orders', order),
      () => alice('/catalog/items?limit=1'),
      () => alice('/inventory/stock?limit=1'),
      () => alice('/orders?limit=1'),
    ];
  }

  alice(gateway = 'gateway'): ReturnType<HttpClient['as']> {
    const client = new HttpClient(this.shop.addressOf(gateway), CONNECTIONS);
    this.#clients.push(client);
    return client.as(this.issuer.token('alice', 'acme'));
  }

  /** A token as a thief has it: the one that a new order brings to inventory. */
  async stolenToken(gateway = 'gateway'): Promise<string> {
    const [order] = this.visits(gateway);
    const answer = await order?.();
    const id = String(answer?.headers['x-request-id']);
    const tokens = this.tap.heads.flatMap((head) => head.all('txn-token'));
    const token = tokens.find((one) =>
      Buffer.from(one.split('.')[1] ?? '', 'base64url')
        .toString()
        .includes(`"${id}"`),
    );
    if (token === undefined) throw new Error(`no token of ${id}: ${answer?.status} ${answer?.text}`);
    return token;
  }

  /** What a service answers a client that bypasses the gateway. */
  async directly(service: string, token?: string): Promise<Answer & { readonly code: string | undefined }> {
    const client = new HttpClient(this.shop.addressOf(service), 1);
    try {
      const headers = { ...(token !== undefined && { 'txn-token': token }) };
      const answer = await client.call(`/${service}/me`, { headers });
      return { ...answer, code: answer.status === 200 ? undefined : answer.json<{ code?: string }>().code };
    } finally {
      client.close();
    }
  }

  async readiness(service: string): Promise<number | undefined> {
    const client = new HttpClient(this.shop.addressOf(service), 1);
    const answer = await client.call('/health/ready').catch(() => undefined);
    client.close();
    return answer?.status;
  }

  /** Ids of the keys whose tokens each service has accepted. */
  acceptedKeys(from = 0): ReadonlyMap<string, ReadonlySet<string>> {
    const keys = new Map<string, Set<string>>(DOMAINS.map((name) => [name, new Set()]));
    for (const { process, ev, kind, status, tok } of this.lines(from)) {
      if (ev === 'end' && kind === 'server' && tok?.kid && Number(status) < 300) keys.get(process)?.add(tok.kid);
    }
    return keys;
  }

  /** The smallest number of keys whose tokens any one service has accepted. */
  rotationsSeen(from = 0): number {
    return Math.min(...[...this.acceptedKeys(from).values()].map(({ size }) => size));
  }

  /** Requests that a service has not answered with 2xx. */
  refusedByServices(): string[] {
    return this.lines()
      .filter(({ process, ev, kind, op }) => DOMAINS.includes(process) && ev === 'end' && kind === 'server' && op)
      .filter(({ op, status }) => !op?.includes('/health/') && !(Number(status) < 300))
      .map(({ process, op, status }) => `${process} ${op} ${status}`);
  }

  /** Whether every service has logged that this key is gone; gateways log it too. */
  isWithdrawn(keyId: string, from: number): boolean {
    const said = this.lines(from).filter(({ msg }) => msg?.startsWith('Keys withdrawn') && msg.includes(keyId));
    return DOMAINS.every((service) => said.some(({ process }) => process === service));
  }

  /** Whether a service that had keys before has logged this new one. */
  hasLearnt(service: string, keyId: string): boolean {
    return this.lines().some(
      ({ process, msg }) => process === service && msg?.startsWith('New keys: ') && msg.includes(keyId),
    );
  }

  lines(from = 0): readonly SpanLine[] {
    return (this.shop.log.lines as SpanLine[]).slice(from);
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.shop.stop();
    await this.tap.close();
    await this.issuer.close();
    await this.database.drop();
  }
}

const keysOfGateway = (shop: Shop): string => `${shop.internalUrl}/.well-known/jwks.json`;
