import type { CaptureReport, RequestSummary, TraceReport } from '../../libs/itok/src/trace/index.js';
import { DevGateway } from '../support/dev-gateway.js';

const SCRIPT = '</script><script>alert(1)</script><img src=x onerror=alert(1)>';

describe('dev page: attacker-controlled log lines', () => {
  let dev: DevGateway;
  beforeAll(async () => (dev = await DevGateway.start()));
  afterAll(() => dev.close());

  it('sends a hostile line as data: one event, one text', async () => {
    const stop = new AbortController();
    const hostile = `${SCRIPT}\n\nevent: requests\ndata: []\n\n\u2028\u001b[2J`;
    const txn = dev.writeRequest({ op: hostile, msg: hostile, route: hostile, tenant: hostile });
    const seen: { event: string; data: unknown }[] = [];
    for await (const event of dev.events(stop.signal)) {
      seen.push(event);
      stop.abort();
    }
    expect(seen.map(({ event }) => event)).toEqual(['requests']);
    const requests = seen[0]?.data as RequestSummary[] | undefined;
    expect(requests).toEqual([expect.objectContaining({ txn, service: 'gateway' })]);
    for (const character of ['\n', '\u001b', '\u2028']) expect(requests?.[0]?.op).not.toContain(character);
    const { headers, body } = await dev.get(`/__dev/requests/${txn}`);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect((JSON.parse(body) as TraceReport).spans).toHaveLength(1);
  });

  it('skips what is not a log line, without hiding other lines', async () => {
    const rubbish = [
      '{',
      'null',
      '[]',
      '{"txn":"__proto__"}',
      `{"__proto__":{"polluted":1}}`,
      '\u0000',
      'x'.repeat(2e6),
    ];
    for (const text of rubbish) dev.write('orders', text);
    const txn = dev.writeRequest({ __proto__: null }, 'orders');
    let status = 0;
    while (status !== 200) ({ status } = await dev.get(`/__dev/requests/${txn}`));
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('keeps only the last requests, in bounded memory', async () => {
    const other = await DevGateway.start();
    const ids = Array.from({ length: 700 }, () => other.writeRequest());
    const { requests } = JSON.parse((await other.get('/__dev/capture')).body) as CaptureReport;
    expect(requests).toBe(500);
    expect((await other.get(`/__dev/requests/${ids[0]}`)).status).toBe(404);
    expect((await other.get(`/__dev/requests/${ids.at(-1)}`)).status).toBe(200);
    await other.close();
  });
});
