import { Shop } from '../../scripts/lib/shop.mjs';
import { DOMAINS } from '../../scripts/lib/topology.mjs';
import { HttpClient } from '../support/http-client.js';
import { FileIssuer } from '../support/topology/file-issuer.js';
import { openShopDatabase, type ShopDatabase } from '../support/topology/shop-database.js';
import { type WireHead, WireTap } from '../support/topology/wire-tap.js';
import type { Seen } from '../support/topology/witness/witness.controller.js';
import { WitnessChain } from '../support/topology/witness/witness-chain.js';

const ROPE = '0197a000-0000-7000-8000-00000000ac02';

/** The one token on each of these requests; fails if any of them carries none or several. */
function tokensOf(heads: readonly WireHead[]): string[] {
  return heads.map((head) => {
    const tokens = head.all('txn-token');
    expect([head.target, tokens.length]).toEqual([head.target, 1]);
    return tokens[0] ?? '';
  });
}

function txnOf(token: string): unknown {
  return (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { txn: unknown }).txn;
}

describe('the internal token on the wires of a chain of services', () => {
  let chain: WitnessChain;
  let client: HttpClient;

  beforeAll(async () => {
    chain = await WitnessChain.start({
      calls: { w_a: ['w_b', 'w_c', 'w_d'], w_b: ['w_c'], w_c: ['w_d'], w_d: [] },
    });
    client = new HttpClient(chain.gateway.url, 4);
  });

  afterAll(async () => {
    client?.close();
    await chain?.stop();
  });

  it('R41, R89, R90: is minted and signed once, and arrives unchanged at every hop, four deep and fanned out', async () => {
    const before = chain.gateway.counts;
    const call = client.as(chain.issuer.token('alice', 'acme'));
    const answer = await call('/w_a/visits', { method: 'POST' });
    expect(answer.status).toBe(201);
    const seen = answer.json<Seen[]>().map(({ service }) => service);
    expect(seen).toEqual(['w_a', 'w_b', 'w_c', 'w_d', 'w_c', 'w_d', 'w_d']);

    const onWires = [...chain.taps].map(([wire, tap]) => [wire, tokensOf(tap.heads)] as const);
    const counts = Object.fromEntries(onWires.map(([wire, tokens]) => [wire, tokens.length]));
    expect(counts).toMatchObject({
      'gateway → w_a': 1,
      'w_a → w_b': 1,
      'w_a → w_c': 1,
      'w_a → w_d': 1,
      'w_b → w_c': 1,
      'w_c → w_d': 2,
    });
    const tokens = new Set(onWires.flatMap(([, hop]) => hop));
    expect(tokens.size).toBe(1);
    expect([...tokens].map(txnOf)).toEqual([answer.headers['x-request-id']]);
    const { minted, signed } = chain.gateway.counts;
    expect({ minted: minted - before.minted, signed: signed - before.signed }).toEqual({ minted: 1, signed: 1 });
  });

  it('R39, R90: is sent in no other header, and the access token in none', () => {
    const heads = [...chain.taps.values()].flatMap((tap) => tap.heads);
    expect(heads.length).toBeGreaterThan(6);
    for (const head of heads) {
      expect(head.all('authorization')).toEqual([]);
      expect(head.all('cookie')).toEqual([]);
      expect(head.target).not.toContain('eyJ');
    }
  });

  it('R13, R41: differs from request to request', async () => {
    const call = client.as(chain.issuer.token('alice', 'acme'));
    const answers = await Promise.all(Array.from({ length: 20 }, () => call('/w_c/visits', { method: 'POST' })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    const fromGateway = tokensOf(chain.taps.get('gateway → w_c')?.heads ?? []);
    expect(new Set(fromGateway).size).toBe(20);
    expect(new Set(fromGateway.map(txnOf))).toEqual(new Set(answers.map(({ headers }) => headers['x-request-id'])));
  });
});

describe('the internal token on the wires of the shop', () => {
  let database: ShopDatabase;
  let issuer: FileIssuer;
  let shop: Shop;
  const taps = new Map<string, WireTap>();

  beforeAll(async () => {
    database = await openShopDatabase();
    issuer = await FileIssuer.create();
    shop = await Shop.start({
      extracted: DOMAINS,
      settings: database.settings,
      gatewaySettings: issuer.settings,
      route: async (from: string, to: string, url: string) => {
        const tap = await WireTap.open(url);
        taps.set(`${from} → ${to}`, tap);
        return tap.url;
      },
    });
  });

  afterAll(async () => {
    await shop?.stop();
    await Promise.all([...taps.values()].map((tap) => tap.close()));
    await issuer?.close();
    await database?.drop();
  });

  it('R89: arrives as the same bytes at each process that an order passes through', async () => {
    const client = new HttpClient(shop.url, 1);
    const order = await client.as(issuer.token('alice', 'acme'))('/orders', {
      method: 'POST',
      body: { lines: [{ itemId: ROPE, quantity: 1 }] },
    });
    client.close();
    expect([order.status, order.text]).toEqual([201, order.text]);

    const passed = [...taps].map(([wire, tap]) => [wire, tap.heads] as const).filter(([, heads]) => heads.length > 0);
    expect(passed.map(([wire, heads]) => [wire, heads.map(({ target }) => target)])).toEqual([
      ['gateway → orders', ['/orders']],
      ['orders → catalog', ['/internal/catalog/findItems']],
      ['orders → inventory', ['/internal/inventory/reserve', '/internal/inventory/confirm']],
    ]);
    const tokens = new Set(passed.flatMap(([, heads]) => tokensOf(heads)));
    expect(tokens.size).toBe(1);
    expect([...tokens].map(txnOf)).toEqual([order.headers['x-request-id']]);
  });
});
