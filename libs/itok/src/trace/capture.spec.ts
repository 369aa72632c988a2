import { CAPTURE_NAMES, idOf, linesFrom, planted } from '../../test/support/planted.js';
import { Capture, type CaptureReport, type Line } from './index.js';

const sum = (lines: readonly Line[], maxWaitingSpans?: number): CaptureReport => {
  const capture = new Capture(maxWaitingSpans);
  for (const line of lines) capture.add(line);
  return capture.report();
};

/** Consecutive requests, a hundred milliseconds apart. */
const requests = (count: number): Line[] =>
  Array.from({ length: count }, (_, index) => {
    const calls = [{ service: 'orders', op: 'orders.place', at: 1, dur: 5 }];
    const step = { service: 'gateway', kind: 'server', op: 'POST /orders', at: 0, dur: 10 + (index % 10), calls };
    return linesFrom(step, { txn: idOf(index + 1) }).map((line) => ({ ...line, time: line.time + index * 100 }));
  }).flat();

describe('a capture', () => {
  const all = sum(CAPTURE_NAMES.flatMap(planted));

  it('counts requests and failed requests', () => {
    expect(all).toMatchObject({ requests: 12, failed: 3, kept: 0, late: 0 });
  });

  it('has one edge per pair of caller and callee, and one per database', () => {
    const edges = Object.fromEntries(
      all.edges.map(({ from, to, count, errors }) => [`${from} → ${to}`, { count, errors }]),
    );
    expect(edges).toEqual({
      'client → gateway': { count: 12, errors: 3 },
      'gateway → orders': { count: 12, errors: 2 },
      'orders → catalog': { count: 5, errors: 0 },
      'orders → inventory': { count: 10, errors: 1 },
      'catalog → postgresql': { count: 61, errors: 0 },
      'inventory → postgresql': { count: 3, errors: 1 },
      'orders → postgresql': { count: 1, errors: 0 },
    });
  });

  it('has the same edges for one process as for several', () => {
    const call = (kind: string, calls: object[]): Line[] =>
      linesFrom({
        service: 'gateway',
        kind: 'server',
        op: 'POST /orders',
        at: 0,
        dur: 20,
        calls: [{ service: 'orders', kind, op: 'POST /orders', at: 1, dur: 18, calls } as never],
      });
    const answer = { service: 'inventory', op: 'inventory.reserve', at: 4, dur: 6 };
    const inProcess = sum(call('internal', [{ ...answer, kind: 'internal' }]));
    const called = {
      ...answer,
      service: 'orders',
      kind: 'client',
      peer: 'inventory',
      calls: [{ ...answer, kind: 'server' }],
    };
    const between = sum(call('server', [called]));
    const names = ({ edges }: CaptureReport): string[] =>
      edges.map(({ from, to, count }) => `${from} → ${to}: ${count}`);
    expect(names(between)).toEqual(names(inProcess));
  });

  it('does not count a named caller without lines as the client', () => {
    const lines = planted('bottleneck').filter(({ service }) => service !== 'gateway');
    expect(sum(lines).edges.map(({ from }) => from)).toContain('unknown');
    expect(sum(lines).edges.map(({ from }) => from)).not.toContain('client');
  });

  it('has quantiles within 1 %', () => {
    const durations = Array.from({ length: 1_000 }, (_, index) => index + 1);
    const lines = durations.flatMap((dur, index) =>
      linesFrom({ service: 'gateway', kind: 'server', op: 'GET /me', at: 0, dur }, { txn: idOf(index + 1) }),
    );
    const [operation] = sum(lines).operations;
    for (const [name, expected] of [
      ['p50', 500],
      ['p90', 900],
      ['p99', 990],
    ] as const) {
      expect(Math.abs((operation?.[name] ?? 0) / expected - 1)).toBeLessThan(0.0101);
    }
  });

  it('stays within its memory bound, and gives the same result for lines in time order', () => {
    const lines = requests(1_000);
    expect(sum(lines, 100)).toEqual(sum(lines));
  });

  it('does not go through a large request again for each request after it', () => {
    const calls = Array.from({ length: 20_000 }, (_, index) => ({ service: 'jobs', op: 'step', at: index, dur: 1 }));
    const root = { service: 'jobs', kind: 'server', op: 'POST /import', at: 0, dur: 1e7, calls };
    const large = linesFrom(root, { txn: idOf(999_999) });
    // A time that counts how often it is read.
    let looks = 0;
    const watched = large.map((line) => ({ ...line, time: { valueOf: () => (looks++, line.time) } as never }));
    sum([...watched, ...requests(8_000)], large.length + 4);
    expect(looks).toBeGreaterThan(0);
    expect(looks).toBeLessThan(10 * large.length);
  });

  it('counts the lines that came too late', () => {
    const lines = requests(1_000);
    const [first, second] = [
      lines.filter(({ service }) => service === 'gateway'),
      lines.filter(({ service }) => service !== 'gateway'),
    ];
    const { late, requests: counted } = sum([...first, ...second], 500);
    expect(late).toBeGreaterThan(0);
    expect(counted).toBe(1_000);
  });

  it('counts the operations beyond two thousand together', () => {
    const lines = Array.from({ length: 2_100 }, (_, index) =>
      linesFrom({ service: 'gateway', kind: 'server', op: `GET /${index}`, at: 0, dur: 1 }, { txn: idOf(index + 1) }),
    ).flat();
    const { operations } = sum(lines);
    expect(operations.length).toBeLessThanOrEqual(2_001);
    expect(operations.find(({ op }) => op === '(others)')?.count).toBe(100);
  });

  it('counts the requests that were kept although not in the sample', () => {
    const lines = requests(2).map((line) => (line.txn === idOf(1) ? { ...line, kept: 'slow' as const } : line));
    expect(sum(lines).kept).toBe(1);
  });
});
