import { fileURLToPath } from 'node:url';
import { CAPTURE_NAMES } from '../../test/support/planted.js';
import { runItok } from './index.js';

const CAPTURES = fileURLToPath(new URL('../../../../test/captures', import.meta.url));
const capture = (name: string): string => `${CAPTURES}/${name}.ndjson`;

async function printed(...args: string[]): Promise<string> {
  let out = '';
  let error = '';
  const code = await runItok(args, {
    out: (text) => (out += text),
    error: (text) => (error += text),
    colours: false,
    columns: 130,
  });
  expect({ code, error }).toEqual({ code: 0, error: '' });
  return out;
}

/** Its lines without bars and alignment. */
const factsOf = (out: string): string[] =>
  out.split('\n').map((line) =>
    line
      .replace(/[█▓░╌]/g, ' ')
      .replace(/ +/g, ' ')
      .trim(),
  );

/** What `itok trace` must say of each capture. */
const TRACES: Record<string, readonly string[]> = {
  bottleneck: [
    'POST /orders 201 48.0 ms',
    '2026-11-02 09:30:00.000Z tenant acme 9 spans in 4 services 019a4f2b6c007000a000000000000001',
    'POST /orders took 48.0 ms, of which 30.0 ms (63 %) went to update reservations in the database of inventory.',
    'gateway POST /orders 48.0 ms 3.00 ms 6.3 % 0.0 s',
    '│ └─ update reservations 30.0 ms 30.0 ms 63 %',
    'read 10 lines of 1 file, 3.8 kB',
  ],
  'claimed-twice': [
    'POST /orders took 30.0 ms, of which 15.0 ms (50 %) went to inventory.reserve, called by orders at inventory.',
    'inventory (inventory-1) also logged span 00000c0000000003, which is shown as logged by orders (orders-1)',
  ],
  'client-left': [
    'POST /orders 499 700 ms',
    'POST /orders took 700 ms, of which 691 ms (99 %) went to inventory.reserve in inventory; the client left before it was answered.',
    '└─ orders POST /orders 900 ms 16.0 ms 0.4 % 1.0 s',
    'gateway POST /orders 499 at +700 ms: Error The connection closed before the answer was complete',
  ],
  error: [
    'POST /orders took 61.0 ms, of which 50.0 ms (82 %) went to select stock in the database of inventory; it failed with 500, which began with select stock in inventory: 57014.',
    '└─ inventory inventory.reserve 52.0 ms 1.00 ms 3.3 % 1.0 s ✗ storage_unavailable',
    '│ +56.0 ms error [Port]: inventory.reserve failed',
    '└─ select stock 50.0 ms 50.0 ms 82 % ✗ 57014',
    'gateway POST /orders 500 at +61.0 ms',
    '← orders POST /orders 500 at +59.1 ms: internal_error The request could not be completed.',
    '← inventory inventory.reserve 503 at +56.5 ms: storage_unavailable The database did not answer.',
    '← inventory select stock error at +56.0 ms: 57014 database error 57014',
  ],
  gap: [
    'POST /orders took 40.0 ms, of which 20.0 ms (50 %) went to inventory.reserve, called by orders at inventory; no lines from inventory.',
    'no lines from inventory, called by orders at +12.0 ms',
  ],
  'missing-service': [
    'POST /orders took 40.0 ms, of which 23.8 ms (60 %) went to inventory.reserve in inventory; no lines from orders.',
    'no lines from orders, called by gateway at +0.00 ms',
  ],
  'n-plus-one': [
    'POST /orders took 230 ms, of which 192 ms (83 %) went to 60 × select items in the database of catalog.',
    '├─ select items 3.20 ms 3.20 ms 1.4 %',
  ],
  parallel: [
    'POST /orders took 30.0 ms, of which 19.2 ms (64 %) went to inventory.reserve in inventory.',
    // Off the critical path: no share of it.
    '└─ catalog catalog.findItems 9.00 ms 8.20 ms 1.0 s',
  ],
  refusal: [
    'POST /orders took 21.0 ms, of which 8.20 ms (39 %) went to inventory.reserve in inventory; it was refused with 409, which began with inventory.reserve in inventory: out_of_stock.',
    '│ +17.5 ms warn: the order is refused',
    '└─ inventory inventory.reserve 9.00 ms 8.20 ms 43 % 1.0 s ! out_of_stock',
    '← inventory inventory.reserve 409 at +16.6 ms: out_of_stock Not enough in stock.',
  ],
  skew: [
    'POST /orders took 40.0 ms, of which 23.8 ms (60 %) went to inventory.reserve in inventory.',
    'orders (orders-1) is 40.0 ms ± 1.10 ms behind; its times are corrected (--raw shows them as logged)',
    'inventory (inventory-1) is 250 ms ± 1.70 ms ahead; its times are corrected (--raw shows them as logged)',
  ],
  timeout: [
    'POST /orders took 2,000 ms, of which 1,990 ms (100 %) went to update stock in the database of inventory; it failed with 504: upstream_timeout.',
    'gateway POST /orders 504 at +2,000 ms: upstream_timeout The service behind this route did not answer in time',
  ],
  unfinished: [
    'POST /orders 502 1,800 ms unfinished',
    'POST /orders took 1,800 ms, of which 1,774 ms (99 %) went to POST /orders in orders, whose end was not logged; it failed with 502: upstream_failed; 1 span has no end.',
    '└─ orders POST /orders 1,799 ms 1,774 ms 99 % 1.0 s no end',
  ],
};

describe('itok trace', () => {
  it.each(CAPTURE_NAMES)('prints the planted problem of %s', async (name) => {
    const facts = factsOf(await printed('trace', 'last', capture(name)));
    expect(TRACES[name]?.filter((fact) => !facts.includes(fact))).toEqual([]);
  });

  it('draws work on the critical path, work off it, waiting and the way, to scale', async () => {
    const rows = (await printed('trace', 'last', capture('parallel'))).split('\n').slice(5, 12);
    expect(rows.map((row) => row.slice(0, 94).trimEnd())).toEqual([
      '                                    0                                                  30.0 ms',
      'gateway  POST /orders               ██░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░███',
      '└─ orders  POST /orders               ██████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░██████████',
      '   │  +4.00 ms info [OrdersService]: placing an order of 2 lines',
      '   ├─ inventory  inventory.reserve         ╌╌█████████████████████████████████████╌',
      '   └─ catalog  catalog.findItems           ╌╌▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓╌╌',
      '█ own work on the critical path   ▓ own work off it   ░ waiting for others   ╌ on the way',
    ]);
  });

  it('prints a failure as Markdown for pasting', async () => {
    const out = await printed('trace', 'last', capture('error'), '--md');
    expect(out).toMatch(/^### POST \/orders → 500, 61\.0 ms\n\n/);
    expect(out).toMatch(/\n```text\n[^`]* {2}└─ select stock {2,}█+ [^`]*\n```\n/);
    expect(factsOf(out)).toEqual(
      expect.arrayContaining([
        '**Error chain**',
        '1. gateway POST /orders 500 at \\+61.0 ms',
        '1. inventory inventory.reserve 503 at \\+56.5 ms: storage\\_unavailable The database did not answer.',
        '<sub>2026-11-02 09:30:00.000Z tenant acme 5 spans in 3 services 019a4f2b6c007000a000000000000007</sub>',
      ]),
    );
  });
});

describe('itok top', () => {
  it('sums up a capture', async () => {
    const facts = factsOf(await printed('top', CAPTURES));
    expect(facts[0]).toBe('12 requests, 3 failed, 4.8/s over 3 s');
    expect(facts.slice(2, 6)).toEqual([
      'Operations, by their share of the critical path',
      'service operation count err p50 p90 p99 own p99 crit',
      'inventory update stock 1 – 2,470 ms 2,470 ms 2,470 ms 2,470 ms 39 %',
      'orders POST /orders 10 10 % 37.9 ms 900 ms 2,500 ms 20.0 ms 37 %',
    ]);
    expect(facts).toEqual(
      expect.arrayContaining([
        'Calls between services',
        'from to count err p50 p90 p99 rate',
        'client gateway 12 25 % 40.2 ms 1,799 ms 1,987 ms 4.8/s',
        'read 130 lines of 12 files, 49.4 kB',
      ]),
    );
  });

  it('sums it up as Markdown', async () => {
    const lines = (await printed('top', CAPTURES, '--md')).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        '**Operations, by their share of the critical path**',
        '| service | operation | count | err | p50 | p90 | p99 | own p99 | crit |',
        '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
        '| orders | POST /orders | 10 | 10 % | 37.9 ms | 900 ms | 2,500 ms | 20.0 ms | 37 % |',
        '**Calls between services**',
        '| client | gateway | 12 | 25 % | 40.2 ms | 1,799 ms | 1,987 ms | 4.8/s |',
      ]),
    );
  });

  it('compares two captures', async () => {
    const facts = factsOf(await printed('top', capture('error'), '--base', capture('bottleneck')));
    expect(facts[0]).toBe('1 request, 1 failed (base: 1 request, 0 failed)');
    expect(facts).toEqual(
      expect.arrayContaining([
        'service operation count err p50 p90 p99 own p99 crit Δ p50 Δ p99 Δ err',
        'inventory select stock 1 100 % 50.0 ms 50.0 ms 50.0 ms 50.0 ms 82 % new',
        'orders POST /orders 1 100 % 58.0 ms 58.0 ms 58.0 ms 6.00 ms 9.8 % +29 % +29 % +100 %',
        'inventory update reservations gone',
        'inventory postgresql 1 100 % 50.0 ms 50.0 ms 50.0 ms +67 % +67 % +100 %',
      ]),
    );
  });
});

describe('itok map', () => {
  it.each<[string[], readonly string[]]>([
    [
      [],
      [
        'client ───▶ gateway 12 × 4.8/s p50 40.2 ms p99 1,987 ms 25 % failed',
        'orders ─┬─▶ inventory 10 × 4.0/s p50 25.0 ms p99 2,470 ms 10 % failed',
        '├─▶ catalog 5 × 2.0/s p50 4.04 ms p99 215 ms',
        '└─▶ postgresql of orders 1 × 0.4/s p50 1.80 ms p99 1.80 ms',
      ],
    ],
    [
      ['--mermaid'],
      [
        'flowchart LR',
        'n0["catalog"]',
        'n1[("postgresql of catalog")]',
        'n2(["client"])',
        'n0 -->|"24.4/s, p99 3.18 ms"| n1',
        'n2 -->|"4.8/s, p99 1,987 ms, 25 % failed"| n3',
        'linkStyle 1 stroke:#c0392b',
      ],
    ],
    [
      ['--dot'],
      [
        'digraph services {',
        'n0 [label="catalog", shape=box];',
        'n1 [label="postgresql of catalog", shape=cylinder];',
        'n0 -> n1 [label="24.4/s, p99 3.18 ms"];',
        'n2 -> n3 [label="4.8/s, p99 1,987 ms, 25 % failed", color="#c0392b"];',
        '}',
      ],
    ],
  ])('draws which service calls which %j', async (view, drawn) => {
    expect(factsOf(await printed('map', CAPTURES, ...view))).toEqual(expect.arrayContaining([...drawn]));
  });
});
