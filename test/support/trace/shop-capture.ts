import type { CaptureReport, EdgeStats, HistogramBar, OperationStats } from '../../../libs/itok/src/trace/index.js';

type Row = [string, string, OperationStats['kind'], number, number, number, number, number, number, number];

const OPERATIONS: Row[] = [
  ['inventory', 'inventory.update', 'client', 1212, 9, 41.2, 96.4, 188.0, 188.0, 0.412],
  ['inventory', 'inventory.reserve', 'server', 1212, 21, 58.3, 121.0, 226.5, 31.4, 0.196],
  ['gateway', 'POST /orders', 'server', 1240, 28, 84.1, 161.3, 297.8, 22.6, 0.127],
  ['catalog', 'catalog.prices', 'server', 2418, 2, 11.9, 24.7, 61.2, 18.3, 0.094],
  ['orders', 'orders.place', 'server', 1240, 26, 79.4, 154.8, 288.1, 17.0, 0.071],
  ['gateway', 'GET /catalog/items', 'server', 3120, 4, 9.4, 19.2, 47.7, 6.2, 0.051],
  ['orders', 'orders.insert', 'client', 1219, 0, 3.1, 7.7, 14.2, 14.2, 0.03],
  ['catalog', 'catalog.list', 'server', 3120, 3, 7.2, 15.3, 39.9, 9.0, 0.019],
];

type Edge = [string, string, number, number, number, number, number, number, boolean?];

const EDGES: Edge[] = [
  ['client', 'gateway', 4360, 32, 36.3, 22.7, 118.4, 266.0],
  ['gateway', 'orders', 1240, 26, 10.3, 81.0, 157.2, 291.0],
  ['gateway', 'catalog', 3120, 3, 26.0, 8.1, 17.1, 43.2],
  ['orders', 'catalog', 2418, 2, 20.1, 12.4, 26.1, 63.5],
  ['orders', 'inventory', 1212, 21, 10.1, 60.2, 124.4, 231.0],
  ['orders', 'postgresql', 2440, 0, 20.3, 3.4, 8.1, 15.2, true],
  ['inventory', 'postgresql', 3604, 9, 30.0, 18.8, 88.1, 188.0, true],
  ['catalog', 'postgresql', 5538, 0, 46.1, 2.2, 5.6, 12.9, true],
];

/** Two minutes of the shop, in which requests wait for stock. */
export function shopCapture(): CaptureReport {
  const from = Date.UTC(2026, 10, 26, 9, 41, 0);
  return {
    requests: 4360,
    failed: 32,
    kept: 0,
    late: 0,
    from,
    to: from + 120_000,
    operations: OPERATIONS.map(([service, op, kind, count, errors, p50, p90, p99, selfP99, criticalShare]) => ({
      service,
      op,
      kind,
      count,
      errors,
      p50,
      p90,
      p99,
      selfP99,
      criticalShare,
    })),
    edges: EDGES.map(([source, to, count, errors, rate, p50, p90, p99, database]): EdgeStats => {
      const edge = { from: source, to, count, errors, rate, p50, p90, p99 };
      return database === true ? { ...edge, database } : edge;
    }),
    histograms: [
      { service: 'gateway', op: 'POST /orders', bars: bars(40, 1.12, 22, 1240) },
      { service: 'gateway', op: 'GET /catalog/items', bars: bars(4, 1.15, 22, 3120) },
    ],
  };
}

/** Each bucket is a little wider than the previous one; the counts rise quickly and fall slowly. */
function bars(start: number, growth: number, many: number, total: number): HistogramBar[] {
  const weights = Array.from({ length: many }, (_, index) => Math.exp(-((Math.log(index + 1) - 1.6) ** 2) / 0.5));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight, index) => ({
    from: start * growth ** index,
    to: start * growth ** (index + 1),
    count: Math.round((weight / sum) * total),
  }));
}
