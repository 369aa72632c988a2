import { jest } from '@jest/globals';
import type { ExportedSpan, OwnSpan } from '../../../test/support/opentelemetry/process.js';
import { TracedShop } from '../../../test/support/opentelemetry/shop.js';

// Starts processes.
jest.setTimeout(300_000);

/** A client span in the gateway; server, `pick`, four clients in orders; two servers in inventory; the gateway's own. */
const ORDER_SPANS = 10;
const KINDS = ['internal', 'server', 'client'];
const FOREIGN = '0af7651916cd43dd8448eb211c80319c';
const FORGED_SPAN = 'b7ad6b7169203331';
const FORGED = { traceparent: `00-${FOREIGN}-${FORGED_SPAN}-01`, tracestate: `itok=${FORGED_SPAN}-01,other=1` };

interface Placed {
  readonly active?: { readonly traceId: string; readonly spanId: string };
  readonly received: readonly string[];
  readonly byFetch: Placed;
  readonly byAxios: Placed;
}

type AnySpan = { readonly spanId: string; readonly parentSpanId?: string | undefined };

/** The spans as a tree of labels; a span without a parent here is a root. */
function tree<S extends AnySpan>(spans: readonly S[], label: (span: S) => string): unknown[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const under = (parent: string | undefined): unknown[] =>
    spans
      .filter(({ parentSpanId }) => (parent === undefined ? !ids.has(parentSpanId ?? '') : parentSpanId === parent))
      .map((span) => [label(span), ...under(span.spanId)])
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return under(undefined);
}

const exportedTree = (spans: readonly ExportedSpan[]): unknown[] =>
  tree(spans, ({ kind, name }) => `${KINDS[kind]} ${name}`);
const ownTree = (spans: readonly OwnSpan[]): unknown[] =>
  tree(spans, ({ service, kind, op, status }) => `${service} ${kind} ${op} ${status}`);

describe('The OpenTelemetry SDK in every process', () => {
  let shop: TracedShop;
  beforeAll(async () => (shop = await TracedShop.start()));
  afterAll(() => shop.stop());

  it('R123, R126: its trace id is the id of the token everywhere, and its spans form one tree', async () => {
    const { status, txn } = await shop.call('POST', '/orders');
    expect(status).toBe(201);
    const { exported } = await shop.trace(txn, ORDER_SPANS);
    expect(exportedTree(exported)).toEqual([
      [
        'server POST',
        [
          'client POST',
          [
            'server POST',
            ['client GET', ['server GET']],
            ['client GET'],
            ['client GET'],
            ['internal pick', ['client GET', ['server GET']]],
          ],
        ],
      ],
    ]);
    expect(exported.filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(1);
  });

  it('R126: a handler finds its span, in the same trace', async () => {
    const { txn, body } = await shop.call('POST', '/orders');
    const { active, byFetch, byAxios } = body as Placed;
    const { exported } = await shop.trace(txn, ORDER_SPANS);
    for (const found of [active, byFetch.active, byAxios.active]) {
      expect(found?.traceId).toBe(txn);
      expect(exported.find(({ spanId }) => spanId === found?.spanId)?.kind).toBe(1);
    }
  });

  it('R124, R125: a service receives one traceparent, which is ours, and beside it only a span id', async () => {
    const { txn, body } = await shop.call('POST', '/orders');
    const placed = body as Placed;
    const { exported, own } = await shop.trace(txn, ORDER_SPANS);
    for (const { received } of [placed, placed.byFetch, placed.byAxios]) {
      expect(received).toHaveLength(2);
      const [, parent] = /^traceparent: 00-[0-9a-f]{32}-([0-9a-f]{16})-03$/.exec(received[0] ?? '') ?? [];
      const [, state] = /^tracestate: itok=([0-9a-f]{16})-01$/.exec(received[1] ?? '') ?? [];
      expect(own.map(({ spanId }) => spanId)).toContain(parent);
      expect(exported.map(({ spanId }) => spanId)).toContain(state);
    }
  });

  it('R125: calls to other origins carry no trace field', async () => {
    const before = shop.outside.seen.length;
    await shop.call('POST', '/orders', FORGED);
    const seen = shop.outside.seen.slice(before);
    expect(seen.map(({ url }) => url)).toEqual(['/by-fetch', '/by-axios']);
    expect(JSON.stringify(seen)).not.toMatch(/traceparent|tracestate|itok|baggage|b3/i);
  });

  it('R122, R123: trace fields of an outside caller get into no trace', async () => {
    const { txn, body } = await shop.call('POST', '/orders', { ...FORGED, baggage: 'user=root' });
    expect(txn).not.toBe(FOREIGN);
    const { exported } = await shop.trace(txn, ORDER_SPANS);
    expect(exported.filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(1);
    expect(JSON.stringify([body, await shop.recorded()])).not.toMatch(new RegExp(`${FOREIGN}|${FORGED_SPAN}`));
  });

  it('R123: a service that is called without a token trusts no trace field either', async () => {
    const { status, txn } = await shop.call('GET', '/stock', FORGED, shop.inventory.url);
    expect(status).toBe(401);
    const own = { ...FORGED, traceparent: `00-${txn}-${FORGED_SPAN}-01` };
    await shop.call('GET', '/stock', own, shop.inventory.url);
    const { exported } = await shop.trace(txn, 1);
    expect(exported).toEqual([expect.objectContaining({ kind: 1, traceId: txn })]);
    expect(exported[0]?.parentSpanId).toBeUndefined();
    expect(JSON.stringify(await shop.recorded())).not.toContain(FORGED_SPAN);
  });

  it('R123: a request that the gateway refuses has exactly one span', async () => {
    for (const path of ['/orders/private', '/nowhere']) {
      const { status, txn } = await shop.call('GET', path, FORGED);
      const { exported } = await shop.trace(txn, 1);
      expect(exported).toEqual([expect.objectContaining({ kind: 1, traceId: txn, status })]);
    }
  });

  it('R123: a request to the internal listener has one span, not one for each server that it passes', async () => {
    const { status, txn } = await shop.call('GET', '/stock', FORGED, shop.gateway.internalUrl);
    expect(status).toBe(401);
    const { exported } = await shop.trace(txn, 1);
    expect(exported).toHaveLength(1);
    const { exported: all, own } = await shop.gateway.recorded();
    const servers = all.filter(({ kind }) => kind === 1).map(({ traceId }) => traceId);
    expect(new Set(servers)).toEqual(new Set(own.map(({ traceId }) => traceId)));
  });

  it('R126: our own spans are the same as in a shop without OpenTelemetry', async () => {
    const plain = await TracedShop.start({ sdk: false });
    const trees = [];
    for (const one of [shop, plain]) {
      const { txn } = await one.call('POST', '/orders');
      let own: readonly OwnSpan[] = [];
      while (own.length < 6) ({ own } = await one.trace(txn, 0));
      trees.push(ownTree(own));
    }
    expect(trees[0]).toEqual(trees[1]);
    expect(trees[0]).toHaveLength(1);
    const { body } = await plain.call('POST', '/orders');
    const { active, received } = body as Placed;
    expect(active).toBeUndefined();
    expect(received).toEqual([expect.stringMatching(/^traceparent: /)]);
    await plain.stop();
  });
});

describe('A partial OpenTelemetry set-up', () => {
  it('R126: without the id generator the trace id is the same, under our server span', async () => {
    const shop = await TracedShop.start({ without: 'generator' });
    const { txn } = await shop.call('POST', '/orders');
    const { exported, own } = await shop.trace(txn, ORDER_SPANS);
    expect(exportedTree(exported)).toHaveLength(1);
    const ids = new Set(exported.map(({ spanId }) => spanId));
    const root = exported.find(({ parentSpanId }) => !ids.has(parentSpanId ?? ''));
    expect(root?.parentSpanId).toBe(
      own.find(({ service, kind }) => service === 'gateway' && kind === 'server')?.spanId,
    );
    await shop.stop();
  });

  it("R126: without spans of undici's clients, the tree is still connected", async () => {
    const shop = await TracedShop.start({ without: 'undici' });
    const { txn } = await shop.call('POST', '/orders');
    // Missing: the forwarder's, two of fetch, and that of HttpService to the other service.
    const { exported } = await shop.trace(txn, ORDER_SPANS - 4);
    expect(exportedTree(exported)).toEqual([
      ['server POST', ['server POST', ['client GET'], ['internal pick', ['server GET']], ['server GET']]],
    ]);
    await shop.stop();
  });

  it('R126: a trace that is not sampled at its start is sampled nowhere, and keeps its id', async () => {
    const shop = await TracedShop.start({ roots: 'off' });
    const { txn, body } = await shop.call('POST', '/orders');
    const placed = body as Placed;
    for (const { active, received } of [placed, placed.byFetch, placed.byAxios]) {
      expect(active).toMatchObject({ traceId: txn, traceFlags: 0 });
      expect(received[0]).toMatch(/^traceparent: .*-03$/);
      expect(received[1]).toMatch(/^tracestate: itok=[0-9a-f]{16}-00$/);
    }
    expect((await shop.recorded()).exported).toEqual([]);
    await shop.stop();
  });
});
