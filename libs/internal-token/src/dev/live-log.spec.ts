import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newSpanId, newTransactionId } from '../core/index.js';
import type { Line } from 'itok';
import { LiveLog, type LineSource } from './live-log.js';

describe('The log that the live page shows', () => {
  const line = (txn = newTransactionId()): Line => ({
    time: Date.now(),
    level: 'info',
    msg: 'GET /',
    service: 'gateway',
    instance: 'here',
    txn,
    spanId: newSpanId(),
    ev: 'end',
    kind: 'server',
    op: 'GET /',
    dur: 1,
    status: 200,
  });
  const readings: AbortSignal[] = [];
  const kept = line();
  const source: LineSource = async (onLine, signal) => {
    readings.push(signal);
    await new Promise(setImmediate);
    onLine(kept);
  };
  let log: LiveLog;
  afterEach(() => {
    log.close();
    readings.length = 0;
  });

  it('is read only once there is a viewer, and then to its end', async () => {
    log = new LiveLog(source);
    expect(readings).toHaveLength(0);
    expect((await log.capture()).requests).toBe(1);
    expect(await log.report(kept.txn)).toMatchObject({ txn: kept.txn, service: 'gateway' });
    expect(await log.report(newTransactionId())).toBeUndefined();
    expect(readings).toHaveLength(1);
  });

  it('is no longer read without viewers, and read again when one returns', async () => {
    log = new LiveLog(source, 1);
    await log.capture();
    const [first] = readings as [AbortSignal];
    if (!first.aborted) await once(first, 'abort');
    expect((await log.capture()).requests).toBe(1);
    expect(readings).toHaveLength(2);
  });

  it('sends a new viewer the existing requests, and then only new ones', async () => {
    let add: (line: Line) => void = () => undefined;
    log = new LiveLog((onLine, signal) => source((add = onLine), signal));
    const server = createServer((_request, response) => void log.follow(response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { body } = await fetch(`http://127.0.0.1:${port}`);
    const later = line();
    const ids: string[] = [];
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
      const told = [...chunk.matchAll(/event: (\w+)|"txn":"(\w+)"/g)].map(([, event, txn]) => event ?? txn ?? '');
      ids.push(...told);
      if (told.includes('requests')) add(later);
      if (told.includes(later.txn)) break;
    }
    expect(ids).toEqual(['requests', kept.txn, 'request', later.txn]);
    server.close();
  });

  it('ends with the application, even for a page that has received nothing yet', async () => {
    const untilTheEnd: LineSource = (_onLine, signal) =>
      new Promise((caughtUp) => signal.addEventListener('abort', () => caughtUp()));
    log = new LiveLog(untilTheEnd);
    const problems: unknown[] = [];
    const server = createServer((_request, response) => {
      response.on('error', (error) => problems.push(error));
      log.follow(response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const page = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    log.close();
    const told = await page.text();
    server.close();
    expect(told).toBe('retry: 1000\n\n');
    expect(problems).toEqual([]);
  });

  it('ends with the application', async () => {
    log = new LiveLog(source);
    await log.capture();
    log.close();
    expect(readings[0]?.aborted).toBe(true);
  });
});
