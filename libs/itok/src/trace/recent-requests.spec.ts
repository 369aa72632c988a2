import type { Line } from './line.js';
import { RecentRequests } from './recent-requests.js';

const idOf = (index: number): string => (index + 1).toString(16).padStart(32, '0');
const line = (index: number, service: string): Line => ({
  time: 1_000 + index,
  level: 'info',
  msg: 'GET /',
  service,
  instance: service,
  txn: idOf(index),
  spanId: (service === 'gateway' ? 'a' : 'b').padStart(16, '0'),
  ...(service === 'gateway' ? {} : { parentSpanId: 'a'.padStart(16, '0') }),
  ev: 'end',
  kind: 'server',
  op: 'GET /',
  dur: 1,
});
const indices = Array.from({ length: 10 }, (_, index) => index);

describe('the recent requests of a log', () => {
  it('have all of their lines if files are read one after the other', () => {
    const requests = new RecentRequests({ maxRequests: 3 });
    for (const service of ['catalog', 'gateway']) {
      for (const index of indices) requests.add(line(index, service));
    }
    expect(requests.summaries().map(({ txn }) => txn)).toEqual([7, 8, 9].map(idOf));
    for (const index of [7, 8, 9]) expect(requests.lines(idOf(index))).toHaveLength(2);
    expect(requests.lines(idOf(0))).toEqual([]);
  });

  it('have the lines of a process whose clock is an hour behind', () => {
    const requests = new RecentRequests({ maxRequests: 3 });
    const start = Date.UTC(2026, 10, 2, 9, 30);
    const made = (index: number): string =>
      `${(start + index).toString(16).padStart(12, '0')}7${idOf(index).slice(13)}`;
    for (const index of indices) {
      const [txn, time] = [made(index), start + index + 1];
      requests.add({ ...line(index, 'catalog'), txn, time: time - 3_600_000 });
      requests.add({ ...line(index, 'gateway'), txn, time });
    }
    for (const index of [7, 8, 9]) expect(requests.lines(made(index))).toHaveLength(2);
    expect([...requests]).toHaveLength(6);
  });

  it('are fewer if they have too many lines', () => {
    const requests = new RecentRequests({ maxLines: 5 });
    for (const index of indices) for (const service of ['gateway', 'catalog']) requests.add(line(index, service));
    expect([...requests].map(({ txn }) => txn)).toEqual([8, 8, 9, 9].map(idOf));
  });

  it('are fewer if their lines are too long in total', () => {
    const requests = new RecentRequests({ maxCharacters: 45_000 });
    const err = { type: 'E', message: '', stack: 'x'.repeat(10_000) };
    for (const index of indices)
      for (const service of ['gateway', 'catalog']) requests.add({ ...line(index, service), err });
    expect([...requests].map(({ txn }) => txn)).toEqual([8, 8, 9, 9].map(idOf));
  });

  it('count as failed by their status, even if the level does not say so', () => {
    const requests = new RecentRequests();
    requests.add({ ...line(1, 'gateway'), status: 500 });
    expect(requests.summaries()).toMatchObject([{ failed: true }]);
  });

  it('are reported while they stay open, and again when they end', () => {
    const told: string[] = [];
    const requests = new RecentRequests({ onRequest: ({ unfinished }) => told.push(unfinished ? 'open' : 'ended') });
    const whole = line(1, 'gateway');
    requests.add({ ...whole, ev: 'start' });
    requests.add({ ...whole, ev: 'inflight' });
    expect(requests.summaries()).toMatchObject([{ unfinished: true }]);
    requests.add(whole);
    // Another file may report it later.
    requests.add({ ...whole, ev: 'inflight' });
    expect(requests.summaries()).toMatchObject([{ unfinished: false }]);
    expect(told).toEqual(['open', 'ended']);
  });
});
